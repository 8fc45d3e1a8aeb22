import { DataError } from "chainrule";
import { bytesText } from "../../bytes.ts";
import { count } from "../../format.ts";
import type { Grid } from "./features.ts";
import { type Header, headerOf } from "./header.ts";
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

/** Most bytes of a file, and most pixels along a side and in all: 512 MiB once they are decoded. */
export const MOST_BYTES = 64 * 1024 ** 2;
const MOST_SIDE = 16384;
const MOST_PIXELS = 2 ** 27;

/** A picture of the given longest side; one that is smaller stays as it is. Runs in a worker of its own. @throws DataError */
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
  const refuse = (got: string, expected: string, remedy: string, cause?: unknown): never => {
    throw new DataError({ where, got, expected, remedy }, { cause });
  };
  if (file.size > MOST_BYTES) {
    refuse(bytesText(file.size), `at most ${bytesText(MOST_BYTES)}`, "save the picture smaller");
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const header = headerOf(bytes);
  if (!header) return refuse(isDrawing(file, bytes) ? "a drawing" : "no picture", KINDS, REMEDY);
  checkSides(header, refuse);
  const bitmap = await createImageBitmap(new Blob([bytes], { type: header.type })).catch((cause: unknown) =>
    refuse(`a file of type ${header.type} that cannot be decoded`, KINDS, REMEDY, cause),
  );
  try {
    // What the file says of itself need not be so.
    checkSides(bitmap, refuse);
    const grid = within(bitmap.width, bitmap.height, longest);
    return { ...grid, pixels: shrink(bitmap, grid) };
  } finally {
    bitmap.close();
  }
}

const KINDS = "a picture of pixels, such as PNG, JPEG or WebP";
const REMEDY = "save it as PNG or JPEG, or choose another file";

/** SVG is a program for the browser, and a short one may draw for hours. */
const isDrawing = ({ type, name }: File, bytes: Uint8Array): boolean =>
  type === "image/svg+xml" ||
  /\.svgz?$/i.test(name) ||
  /<svg[\s>]/.test(new TextDecoder().decode(bytes.subarray(0, 1000)));

/** Before anything is decoded, since a file of a few KB may name pixels that take gigabytes. */
function checkSides(
  { width, height }: Pick<Header, "width" | "height">,
  refuse: (got: string, expected: string, remedy: string) => never,
): void {
  if (Math.max(width, height) <= MOST_SIDE && width * height <= MOST_PIXELS) return;
  const expected = `sides of at most ${count(MOST_SIDE)}, and at most ${count(MOST_PIXELS)} pixels in all`;
  refuse(`${count(width)}×${count(height)} pixels`, expected, "save the picture smaller");
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
