import { FULL, PIXELS, SIDE } from "../../digits.ts";

/**
 * A drawing as the data set would hold it. NIST's software, which made the set's 32×32 bitmaps of handwritten forms, fitted each
 * digit into a box 20 wide and 32 tall in their middle and thickened or thinned its strokes to a like amount of ink; the set then
 * counts the black pixels of each 4×4 block (Garris et al. 1997, NISTIR 5959; Alpaydin and Kaynak 1998). Since the drawing is
 * known as strokes, they are scaled before they are drawn, with the pen whose ink comes nearest to that of the set.
 */

/** A point of a stroke: x to the right and y downward, in any unit. */
export type Point = readonly [x: number, y: number];

/** The pen from its touch to its lift. */
export type Stroke = readonly Point[];

/** Pixels of the bitmap's side, and of the box that digits fill. */
export const BITMAP = 32;
const BOX = { width: 20, height: 32 };
const BLOCK = BITMAP / SIDE;

/** Black pixels of a digit in the mean over the set. */
export const INK = 313;

/** Widths of the pen in pixels of the bitmap between which the one with the right ink is looked for, by halving so often. */
const PENS = { least: 1.5, most: 12, halvings: 9 };

/** Least extent that is told from a dot, in the strokes' unit. */
const SMALLEST = 1e-6;

/** Most that a drawing is stretched upward more than sideways, so that a dash does not become a block. */
const MOST_STRETCH = 3;

/** The 64 pixels, 0 to 16, of a drawing; all 0 if it has no point. */
export function preprocess(strokes: readonly Stroke[]): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(PIXELS);
  if (strokes.every((stroke) => stroke.length === 0)) return pixels;
  const bounds = boundsOf(strokes.flat());
  const place = (pen: number) => placed(strokes, bounds, pen);
  let { least, most } = PENS;
  for (let i = 0; i < PENS.halvings; i++) {
    const pen = (least + most) / 2;
    if (inkOf(rasterize(place(pen), pen)) < INK) least = pen;
    else most = pen;
  }
  const bitmap = rasterize(place(most), most);
  for (let i = 0; i < bitmap.length; i++) {
    const block = Math.floor(i / BITMAP / BLOCK) * SIDE + Math.floor((i % BITMAP) / BLOCK);
    pixels[block] = Math.min(FULL, (pixels[block] ?? 0) + (bitmap[i] ?? 0));
  }
  return pixels;
}

interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function boundsOf(points: Stroke): Bounds {
  const bounds = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.bottom = Math.max(bounds.bottom, y);
  }
  return bounds;
}

/** Scales and centres strokes so that they fill the box once they are drawn with this pen. */
function placed(strokes: readonly Stroke[], { left, right, top, bottom }: Bounds, pen: number): Stroke[] {
  const size = Math.max(right - left, bottom - top, SMALLEST);
  const along = Math.min(
    (BOX.height - pen) / Math.max(bottom - top, size / MOST_STRETCH),
    MOST_STRETCH * Math.max(0, (BOX.width - pen) / Math.max(right - left, SMALLEST)),
  );
  const across = Math.min(along, Math.max(0, BOX.width - pen) / Math.max(right - left, SMALLEST));
  const place = ([x, y]: Point): Point => [
    BITMAP / 2 + (x - (left + right) / 2) * across,
    BITMAP / 2 + (y - (top + bottom) / 2) * along,
  ];
  return strokes.map((stroke) => stroke.map(place));
}

/**
 * `[32, 32]`: 1 where a pixel's centre is within the pen's radius of a stroke. Most of what a segment touches was black already, as
 * a stroke's points lie close together, and costs no more than a look.
 */
function rasterize(strokes: readonly Stroke[], pen: number): Uint8Array {
  const bitmap = new Uint8Array(BITMAP * BITMAP);
  const radius = pen / 2;
  for (const stroke of strokes) {
    let from = stroke[0];
    for (const to of stroke) {
      from ??= to;
      const [x0, x1] = range(from[0], to[0], radius);
      const [y0, y1] = range(from[1], to[1], radius);
      for (let y = y0; y <= y1; y++) {
        for (let x = x0; x <= x1; x++) {
          const at = y * BITMAP + x;
          if (bitmap[at] === 0 && squareDistance(x + 0.5, y + 0.5, from, to) <= radius * radius) bitmap[at] = 1;
        }
      }
      from = to;
    }
  }
  return bitmap;
}

/** The pixels whose centres a segment with a pen may touch along one axis. */
const range = (a: number, b: number, radius: number): readonly [number, number] => [
  Math.max(0, Math.floor(Math.min(a, b) - radius)),
  Math.min(BITMAP - 1, Math.floor(Math.max(a, b) + radius)),
];

/** From (x, y) to the segment from a to b, squared. */
function squareDistance(x: number, y: number, a: Point, b: Point): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const square = dx * dx + dy * dy;
  const share = square === 0 ? 0 : Math.max(0, Math.min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / square));
  return (x - a[0] - share * dx) ** 2 + (y - a[1] - share * dy) ** 2;
}

const inkOf = (bitmap: Uint8Array): number => bitmap.reduce((sum, pixel) => sum + pixel, 0);
