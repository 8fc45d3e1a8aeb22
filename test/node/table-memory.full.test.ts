import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { root } from "./built.ts";
import { runWell } from "./package/process.ts";

/** Letters of each text, in MiB; those of a million columns or classes have as few as they can. */
const SIZE = 24;

/** V8's heap in MiB: the text, and little beside it. What keeps a string or an array for each row ends here with status 134. */
const HEAP = 128;

/** Bytes that may be taken in all, beside the file's own, for each of them. */
const MOST = 20;

const script = join(fileURLToPath(new URL(".", import.meta.url)), "heap/tables.mjs");

it.each([
  ["short rows", "DataError: t.csv: got no column beside the target,"],
  ["rows of numbers", "\\d{7} rows"],
  ["rows of classes", "\\d{7} rows"],
  ["rows in quotes", "\\d{7} rows"],
  ["ids", 'DataError: t.csv: column 2 \\("y"\\): got more than 1000000 classes,'],
  ["ends of lines", "DataError: t.csv: got a first line and no rows,"],
  ["broken quotes", "DataError: t.csv: line 2, column 2: got text after a closing quote,"],
  ["doubled quotes", "DataError: t.csv: got no column beside the target,"],
  ["ends of lines in quotes", "DataError: t.csv: got no column beside the target,"],
  ["digits", "DataError: t.csv: got no column beside the target,"],
  ["commas", "DataError: t.csv: line 3, column 3: got a row of \\d+ cells,"],
  ["columns", "2 rows"],
  ["columns of text", 'DataError: t.csv: line 2, column 1 \\("a0000"\\): got "t", expected a number'],
  ["classes of text", "\\d{6} rows"],
  ["classes of numbers", "\\d{6} rows"],
  ["classes of fractions", "\\d{6} rows"],
])(`%s need no heap of more than ${HEAP} MiB, and at most ${MOST} bytes for each of theirs`, async (kind, expected) => {
  const args = [`--max-old-space-size=${HEAP}`, script, join(root, "dist/table.js"), kind, String(SIZE * 2 ** 20)];
  const { outcome, megabytes, size } = JSON.parse(await runWell(root, process.execPath, args));
  console.log(`${kind}: ${megabytes} MiB beside the bytes, ${(megabytes / size).toFixed(1)} times`);
  expect(outcome).toMatch(new RegExp(`^${expected}`));
  expect(megabytes).toBeLessThan(MOST * size);
});
