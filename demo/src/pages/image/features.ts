import { randomNormals, randomNumbers } from "../../random.ts";

/** Points on a picture, one a pixel, row by row. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
}

/**
 * B `[count, 2]` of the Fourier features: frequencies in waves across the picture's longest side, drawn once from N(0, scale²)
 * and never learned (Tancik et al. 2020, "Fourier Features Let Networks Learn High Frequency Functions").
 */
export function frequencies(count: number, scale: number, seed: number): Float64Array {
  const normals = randomNormals(randomNumbers(seed));
  return Float64Array.from(Array.from({ length: count }, normals).flat(), (normal) => scale * normal);
}

/** Inputs of the network: two numbers a frequency, or the coordinates themselves where there is none. */
export const inputsOf = (count: number): number => (count === 0 ? 2 : 2 * count);

/**
 * What the network sees of each point v, `[rows · columns, inputs]`: γ(v) = (cos 2πBv, sin 2πBv), or without frequencies 2v − 1.
 *
 * v is a pixel's centre, from 0 to 1 along the longest side; the other side has the same scale, so that pixels are square.
 * @param b as `frequencies` gives it
 */
export function encode({ columns, rows }: Grid, b: Float64Array): Float32Array<ArrayBuffer> {
  const count = b.length / 2;
  const width = inputsOf(count);
  const side = Math.max(columns, rows);
  const result = new Float32Array(rows * columns * width);
  for (let point = 0; point < rows * columns; point++) {
    const x = ((point % columns) + 0.5) / side;
    const y = (Math.floor(point / columns) + 0.5) / side;
    const at = point * width;
    if (count === 0) {
      result[at] = 2 * x - 1;
      result[at + 1] = 2 * y - 1;
    }
    for (let i = 0; i < count; i++) {
      const angle = 2 * Math.PI * ((b[2 * i] ?? 0) * x + (b[2 * i + 1] ?? 0) * y);
      result[at + i] = Math.cos(angle);
      result[at + count + i] = Math.sin(angle);
    }
  }
  return result;
}
