import type { Point, Stroke } from "../../demo/src/pages/digits/preprocess.ts";

const arc = (x: number, y: number, rx: number, ry: number, from: number, to: number): Point[] =>
  Array.from({ length: 25 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / 24) * Math.PI) / 180;
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)] as const;
  });
/** Digits as somebody writes them, on a pad of side 1. */
export const drawings: readonly (readonly [digit: number, strokes: readonly Stroke[]])[] = [
  [0, [arc(0.5, 0.5, 0.2, 0.33, -90, 270)]],
  [
    1,
    [
      [
        [0.42, 0.28],
        [0.52, 0.18],
        [0.52, 0.82],
      ],
    ],
  ],
  [3, [[...arc(0.48, 0.34, 0.17, 0.16, -150, 90), ...arc(0.48, 0.66, 0.19, 0.17, -90, 150)]]],
  [
    7,
    [
      [
        [0.3, 0.2],
        [0.68, 0.2],
        [0.45, 0.82],
      ],
    ],
  ],
];
