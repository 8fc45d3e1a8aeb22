import { signal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { theme } from "../theme.ts";

/** Most pixels of a canvas to a CSS pixel. */
const SHARPEST = 2;

/** Pixels of the screen to a CSS pixel, which change with the screen. */
const ratio = signal(devicePixelRatio);

function followScreen(): void {
  ratio.value = devicePixelRatio;
  // The query is of one ratio: the next takes another.
  matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", followScreen, { once: true });
}
followScreen();

/** Pixels of a canvas to a CSS pixel. */
export const sharpness = (): number => Math.min(SHARPEST, ratio.value);

/**
 * Keeps the worker told of what it draws: at first, and when an element changes its size, or the theme or the screen changes.
 * @param tell tells it; may be called before its elements are there
 * @param elements whose size counts
 * @param present changes when the elements appear
 */
export function useWorkerCanvas(
  tell: () => void,
  elements: () => readonly (Element | null | undefined)[],
  present = true,
): void {
  const latest = useRef(tell);
  latest.current = tell;
  // A frame later, what follows the size of an element would move what is below it.
  useLayoutEffect(() => {
    latest.current();
    const observer = new ResizeObserver(() => latest.current());
    for (const element of elements()) if (element) observer.observe(element);
    return () => observer.disconnect();
  }, [present]);
  useSignalEffect(() => {
    void theme.value;
    void ratio.value;
    latest.current();
  });
}
