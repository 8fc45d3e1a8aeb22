import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { INK, preprocess, type Stroke } from "../../../demo/src/pages/digits/preprocess.ts";
import { drawings } from "../../demo/drawings.ts";

describe("a drawing", () => {
  const rows = (strokes: readonly Stroke[]) => {
    const pixels = preprocess(strokes);
    return Array.from({ length: 8 }, (_, row) => Array.from(pixels.subarray(8 * row, 8 * row + 8)));
  };

  it("has the mean ink of the data set", () => {
    const [, ...lines] = readFileSync("data/digits.csv", "utf8").trim().split(/\r?\n/);
    const sums = lines.map((line) =>
      line
        .split(",")
        .slice(0, 64)
        .reduce((sum, cell) => sum + Number(cell), 0),
    );
    expect(Math.round(sums.reduce((sum, one) => sum + one, 0) / sums.length)).toBe(INK);
    for (const [, strokes] of drawings) {
      const ink = preprocess(strokes).reduce((sum, pixel) => sum + pixel, 0);
      expect(Math.abs(ink - INK)).toBeLessThan(0.1 * INK);
    }
  });

  it("fills the height, is centred, and leaves the sides free", () => {
    const [, strokes = []] = drawings[0] ?? [];
    const image = rows(strokes);
    const total = (row: readonly number[] = []) => row.reduce((sum, one) => sum + one, 0);
    expect(total(image[0])).toBeGreaterThan(0);
    expect(total(image[7])).toBeGreaterThan(0);
    // Box 20 wide in the middle of 32: columns 0 and 7 are outside it.
    expect(image.map((row) => [row[0], row[7]])).toEqual(Array(8).fill([0, 0]));
    // An ellipse is its own mirror image.
    for (const row of image) expect(row).toEqual([...row].reverse());
  });

  it("gives the same image wherever and however large it is drawn", () => {
    for (const [, strokes] of drawings) {
      const small = strokes.map((stroke) => stroke.map(([x, y]) => [0.1 + x / 4, 0.6 + y / 4] as const));
      expect(preprocess(small)).toEqual(preprocess(strokes));
    }
  });

  it("may be nothing, or a dot", () => {
    expect(preprocess([])).toEqual(new Uint8Array(64));
    const dot = rows([[[0.5, 0.5]]]);
    expect(dot[3]?.[3]).toBeGreaterThan(0);
    expect(dot[0]).toEqual(Array(8).fill(0));
  });
});
