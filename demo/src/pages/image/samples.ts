import { randomNumbers } from "../../random.ts";
import type { Grid } from "./features.ts";

/** A colour: red, green and blue from 0 to 1. */
type Colour = readonly [red: number, green: number, blue: number];

/** A picture as a formula: the colour at (x, y), x from 0 to 1 and y downward from 0 to `1 / aspect`. */
export interface Sample {
  readonly name: "dusk" | "rings" | "glass";
  readonly title: string;
  /** Width over height. */
  readonly aspect: number;
  readonly colour: (x: number, y: number) => Colour;
}

const mix = (a: Colour, b: Colour, share: number): Colour => {
  const t = Math.min(1, Math.max(0, share));
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
};

const rgb = (hex: number): Colour => [(hex >> 16) / 255, ((hex >> 8) & 255) / 255, (hex & 255) / 255];

/** Fractal noise along a line: octaves of smooth random values, halved in height each time. */
function ridge(seed: number): (x: number) => number {
  const uniform = randomNumbers(seed);
  const values = Array.from({ length: 256 }, uniform);
  const at = (place: number) => {
    const [i, part] = [Math.floor(place), place - Math.floor(place)];
    const smooth = part * part * (3 - 2 * part);
    const [left, right] = [values[i & 255] ?? 0, values[(i + 1) & 255] ?? 0];
    return left + (right - left) * smooth;
  };
  return (x) => [1, 2, 4, 8, 16].reduce((sum, octave) => sum + at(4 * octave * x + 17 * octave) / octave, 0) / 2;
}

const HORIZON = 0.56;
const [sky, rose, glow] = [rgb(0x1c2a63), rgb(0xc8577a), rgb(0xffc56b)];
const mountains = [
  { height: ridge(5), top: 0.34, tall: 0.2, colour: rgb(0x6d4a86) },
  { height: ridge(11), top: 0.44, tall: 0.15, colour: rgb(0x43336b) },
  { height: ridge(23), top: 0.53, tall: 0.1, colour: rgb(0x1f1c45) },
];

/** Mountains and the setting sun. @param y above the horizon */
function overLand(x: number, y: number): Colour {
  const height = y / HORIZON;
  const air = height < 0.55 ? mix(sky, rose, height / 0.55) : mix(rose, glow, (height - 0.55) / 0.45);
  const distance = Math.hypot(x - 0.66, y - 0.3);
  const sun = distance < 0.055 ? rgb(0xfff3d0) : mix(air, rgb(0xffe2a0), 0.75 * Math.exp(-distance / 0.075));
  return mountains.reduce(
    (behind, { height: of, top, tall, colour }) =>
      y > top + tall * (0.5 - of(x)) ? mix(colour, behind, 0.28 * (HORIZON - y)) : behind,
    sun,
  );
}

/** The same in a lake. */
function dusk(x: number, y: number): Colour {
  if (y < HORIZON) return overLand(x, y);
  const depth = y - HORIZON;
  const ripple = Math.sin(150 * Math.sqrt(depth + 0.004)) * 0.012 * (0.4 + 4 * depth);
  const mirrored = overLand(x + ripple, Math.max(0, HORIZON - 1.9 * depth + 0.6 * ripple));
  return mix(mirrored, rgb(0x141a44), 0.18 + 1.6 * depth);
}

/** Rings whose frequency rises outward, to 18 waves across the picture's side in the middle of its edges. */
function rings(x: number, y: number): Colour {
  const [u, v] = [x - 0.5, y - 0.5];
  const square = u * u + v * v;
  const wave = 0.5 + 0.5 * Math.cos(2 * Math.PI * 18 * square);
  const hue = Math.atan2(v, u);
  const ink: Colour = [0.5 + 0.5 * Math.sin(hue), 0.5 + 0.5 * Math.sin(hue + 2.1), 0.5 + 0.5 * Math.sin(hue + 4.2)];
  return mix(mix(ink, rgb(0x10142a), 0.25), rgb(0xfff8ea), wave);
}

const panes = [0xc8372d, 0xe9a23b, 0x2f7d5b, 0x2456a6, 0x6b3fa0, 0xf0d9a8, 0x1d9aa8].map(rgb);
const CELLS = 7;
const glassPoints = (() => {
  const uniform = randomNumbers(42);
  return Array.from({ length: (CELLS + 2) ** 2 }, (_, i) => ({
    x: ((i % (CELLS + 2)) - 1 + 0.12 + 0.76 * uniform()) / CELLS,
    y: (Math.floor(i / (CELLS + 2)) - 1 + 0.12 + 0.76 * uniform()) / CELLS,
    colour: panes[Math.floor(panes.length * uniform())] ?? sky,
    light: 0.75 + 0.35 * uniform(),
  }));
})();

/** Stained glass: the cells of the nearest points, in leads. */
function glass(x: number, y: number): Colour {
  let [first, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let nearest = glassPoints[0];
  for (const point of glassPoints) {
    const distance = Math.sqrt((point.x - x) ** 2 + (point.y - y) ** 2);
    if (distance < first) [nearest, second, first] = [point, first, distance];
    else if (distance < second) second = distance;
  }
  if (!nearest || second - first < 0.014) return rgb(0x15151c);
  const light = nearest.light * (1.08 - 0.5 * Math.hypot(x - 0.4, y - 0.35));
  const [red, green, blue] = nearest.colour;
  return [Math.min(1, red * light), Math.min(1, green * light), Math.min(1, blue * light)];
}

export const samples: readonly Sample[] = [
  { name: "dusk", title: "Dusk", aspect: 4 / 3, colour: dusk },
  { name: "rings", title: "Rings", aspect: 1, colour: rings },
  { name: "glass", title: "Glass", aspect: 1, colour: glass },
];

/** Samples a side of a pixel whose mean is its colour. */
const FINE = 3;

/** Pixels of a sample, red, green, blue and alpha of 0 to 255 each. */
export function paint({ aspect, colour }: Sample, { columns, rows }: Grid): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * columns * rows).fill(255);
  for (let pixel = 0; pixel < columns * rows; pixel++) {
    const sum = [0, 0, 0];
    for (let part = 0; part < FINE * FINE; part++) {
      const x = ((pixel % columns) + ((part % FINE) + 0.5) / FINE) / columns;
      const y = (Math.floor(pixel / columns) + (Math.floor(part / FINE) + 0.5) / FINE) / rows;
      colour(x, y / aspect).forEach((value, channel) => {
        sum[channel] = (sum[channel] ?? 0) + value;
      });
    }
    pixels.set(
      sum.map((value) => (255 * value) / FINE ** 2),
      4 * pixel,
    );
  }
  return pixels;
}
