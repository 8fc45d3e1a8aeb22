import { effect, signal } from "@preact/signals";
import { kept, oneOf } from "./storage.ts";

export type Theme = "light" | "dark";

const system = matchMedia("(prefers-color-scheme: dark)");

/** index.html takes it too, before the first paint. */
const keptTheme = kept("localStorage", "theme", oneOf<Theme>("light", "dark"));

/** What the user chose; undefined follows the system. */
const chosen = signal<Theme | undefined>(keptTheme.read());
const dark = signal(system.matches);
system.addEventListener("change", ({ matches }) => {
  dark.value = matches;
});

export const theme = signal<Theme>("light");
effect(() => {
  const value = chosen.value ?? (dark.value ? "dark" : "light");
  if (chosen.value) document.documentElement.dataset.theme = chosen.value;
  theme.value = value;
  if (chosen.value) keptTheme.write(chosen.value);
});

/** The browser's own bars have the colour of the page's. */
const bars: Readonly<Record<Theme, string>> = { light: "#ffffff", dark: "#1a1e25" };
effect(() => {
  for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")) {
    meta.content = bars[chosen.value ?? (meta.media.includes("dark") ? "dark" : "light")];
  }
});

export function toggleTheme(): void {
  chosen.value = theme.value === "dark" ? "light" : "dark";
}

/** A colour as a renderer takes it: red, green, blue from 0 to 1. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** The colours that renderers draw with. */
export interface Palette {
  readonly negative: Rgb;
  /** Of the value 0. */
  readonly zero: Rgb;
  readonly positive: Rgb;
  readonly ink: Rgb;
}

/** A colour of the style sheet as the theme in use has it: `rgb(29, 33, 40)` for `--ink`. */
export function cssColour(name: string): string {
  const sample = document.createElement("span");
  sample.style.color = `var(${name})`;
  document.body.append(sample);
  const { color } = getComputedStyle(sample);
  sample.remove();
  return color;
}

function rgb(name: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (cssColour(name).match(/[\d.]+/g) ?? []).map(Number);
  return [red / 255, green / 255, blue / 255];
}

/** The colours of the theme in use, out of the style sheet. Reads `theme`, so that an effect runs again when it changes. */
export function palette(): Palette {
  void theme.value;
  return {
    negative: rgb("--negative"),
    zero: rgb("--zero"),
    positive: rgb("--positive"),
    ink: rgb("--ink"),
  };
}
