import type { Palette, Rgb } from "../theme.ts";

// What painters share where there is no GPU.

/** The canvas's context; its pixels stay in the CPU's memory, where they come from. */
export function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("The canvas has no 2D context.");
  return context;
}

/** The colour of a value from −1 to 1. @param strength how far the colours go */
export function diverging({ negative, zero, positive }: Palette, value: number, strength = 1): Rgb {
  const end = value > 0 ? positive : negative;
  const share = Math.min(1, Math.abs(value)) * strength;
  const mix = (part: 0 | 1 | 2) => zero[part] + (end[part] - zero[part]) * share;
  return [mix(0), mix(1), mix(2)];
}

/** A colour as a canvas takes it. */
export const cssOf = ([red, green, blue]: Rgb): string => `rgb(${255 * red} ${255 * green} ${255 * blue})`;
