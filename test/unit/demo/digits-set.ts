import { readFileSync } from "node:fs";
import { type Digits, PIXELS } from "../../../demo/src/digits.ts";

/** The bundled digits, or the first of them, as the page has them. */
export function readDigits(most = Number.POSITIVE_INFINITY): Digits {
  const [, ...lines] = readFileSync("data/digits.csv", "utf8").trim().split(/\r?\n/);
  const cells = lines.slice(0, most).map((line) => line.split(",").map(Number));
  return {
    rows: cells.length,
    pixels: Uint8Array.from(cells.flatMap((row) => row.slice(0, PIXELS))),
    labels: Uint8Array.from(cells, (row) => row[PIXELS] ?? 0),
  };
}
