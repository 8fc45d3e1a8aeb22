import { DataError } from "chainrule";
import { bytesText } from "../../bytes.ts";
import { count } from "../../format.ts";
import type { Grid } from "./features.ts";
import { CHANNELS } from "./psnr.ts";
import { paint, samples } from "./samples.ts";

/** What is learned. */
export interface Picture extends Grid {
  readonly name: string;
  /** Red, green, blue and alpha of each pixel, 0 to 255; alpha is 255. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** Where a picture comes from: a sample by its name, or the user's file. */
export type Source = string | File;

/** Most bytes of a file, and most pixels along a side. */
export const MOST_BYTES = 64 * 1024 ** 2;
const MOST_SIDE = 16384;

/** A picture of the given longest side; one that is smaller stays as it is. Runs in the worker. @throws DataError */
export async function readPicture(source: Source, longest: number): Promise<Picture> {
  if (source instanceof File) return { name: source.name, ...(await decode(source, longest)) };
  const sample = samples.find(({ name }) => name === source);
  if (!sample) throw new Error(`image: no sample "${source}"`);
  const grid = within(sample.aspect * longest, longest, longest);
  return { name: sample.title, ...grid, pixels: paint(sample, grid) };
}

/** What a network learns from: `[rows · columns, 3]`, from 0 to 1. */
export function targetsOf({ pixels }: Picture): Float32Array<ArrayBuffer> {
  const targets = new Float32Array((pixels.length / 4) * CHANNELS);
  for (let i = 0; i < targets.length; i++)
    targets[i] = (pixels[4 * Math.floor(i / CHANNELS) + (i % CHANNELS)] ?? 0) / 255;
  return targets;
}

/** Sides in proportion, the longer at most `longest`, and neither enlarged. */
export function within(width: number, height: number, longest: number): Grid {
  const share = Math.min(1, longest / Math.max(width, height));
  return { columns: Math.max(1, Math.round(share * width)), rows: Math.max(1, Math.round(share * height)) };
}

async function decode(file: File, longest: number): Promise<Omit<Picture, "name">> {
  const where = file.name;
  if (file.size > MOST_BYTES) {
    const [got, most] = [bytesText(file.size), bytesText(MOST_BYTES)];
    throw new DataError({ where, got, expected: `at most ${most}`, remedy: "save the picture smaller" });
  }
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    const got = file.type.startsWith("image/") ? `a file of type ${file.type} that cannot be decoded` : "no picture";
    const expected = "a picture that this browser can show, such as PNG, JPEG or WebP";
    throw new DataError({ where, got, expected, remedy: "choose another file" }, { cause });
  });
  try {
    const { width, height } = bitmap;
    if (Math.max(width, height) > MOST_SIDE) {
      const [got, expected] = [`${count(width)}×${count(height)} pixels`, `sides of at most ${count(MOST_SIDE)}`];
      throw new DataError({ where, got, expected, remedy: "save the picture smaller" });
    }
    const grid = within(width, height, longest);
    return { ...grid, pixels: shrink(bitmap, grid) };
  } finally {
    bitmap.close();
  }
}

/** Pixels of a picture scaled down by halves, so that each has its part in the mean; what is transparent shows white. */
function shrink(bitmap: ImageBitmap, { columns, rows }: Grid): Uint8ClampedArray<ArrayBuffer> {
  let from: ImageBitmap | OffscreenCanvas = bitmap;
  for (;;) {
    const canvas: OffscreenCanvas = new OffscreenCanvas(
      Math.max(columns, Math.ceil(from.width / 2)),
      Math.max(rows, Math.ceil(from.height / 2)),
    );
    const { width, height } = canvas;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("image: the worker has no 2D canvas");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(from, 0, 0, width, height);
    if (width === columns && height === rows) return context.getImageData(0, 0, width, height).data;
    from = canvas;
  }
}
