import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import Papa from "papaparse";
import { expect } from "vitest";
import type { Terminal } from "../../src/cli/terminal.ts";
import { hidden, letters } from "../helpers/hidden.ts";
import { createWorkplace, type Workplace } from "./command.ts";

/** As UTF-8 holds it. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

/** Text as a cell of a table has it, which no table reads otherwise. */
const cell = letters.map((text) => wellFormed(`c${text}`.replace(/\r\n?/g, "\n").replaceAll("\0", "")).trim());

/** The name of a file: what a file system takes. */
const file = letters.map((text) => `f${wellFormed(text.replace(/[/\0]/g, "").slice(0, 40))}`);

const trouble = fc.record({
  columns: fc.uniqueArray(cell, { minLength: 3, maxLength: 3 }),
  classes: fc.uniqueArray(cell, { minLength: 2, maxLength: 2 }),
  /** In place of a number of the table, and of a name that is in it. */
  odd: fc.option(letters),
  astray: fc.option(letters),
  table: file,
  out: file,
  tensor: letters,
  key: letters,
  value: fc.oneof(letters, fc.constantFrom(null, [], {}, 1e9)),
  word: letters,
  isTTY: fc.boolean(),
});

/** Runs commands on names, cells, files, configurations, models and words that are drawn, and looks at all that they say. */
export async function checkHostile(openDevice: Terminal["openDevice"], numRuns: number): Promise<void> {
  const place = createWorkplace(openDevice);
  try {
    await fc.assert(
      fc.asyncProperty(trouble, (drawn) => tryAll(place, drawn)),
      { numRuns },
    );
  } finally {
    place.remove();
  }
}

async function tryAll(place: Workplace, drawn: typeof trouble extends fc.Arbitrary<infer T> ? T : never) {
  const { columns, classes, odd, astray, table, out, tensor, key, value, word, isTTY } = drawn;
  /** @param csv whether stdout is CSV, which a program reads as it is */
  const run = async (args: readonly string[], csv = false) => {
    // Without the bar, which is of control codes of its own.
    const { status, stdout, stderr } = await place.run(args, { terminal: isTTY, env: { TERM: "dumb" } });
    for (const text of csv && !isTTY ? [stderr] : [stdout, stderr]) {
      expect(text.replaceAll("\n", "")).not.toMatch(hidden);
      expect(text.split("\n")).not.toContain("model written to x");
      for (const line of text.split("\n")) if (line.startsWith("error: ")) expect(line.length).toBeLessThan(310);
    }
    return status;
  };
  const rows = Array.from({ length: 8 }, (_, i) => [i % 4, (i * i) % 5, classes[i % 2]]);
  const write = (cells: readonly (readonly unknown[])[]) =>
    place.write(table, Papa.unparse([columns, ...cells] as unknown[][], { newline: "\n" }));
  const target = columns[2] ?? "";
  const train = ["train", `./${table}`, "--target", target, "--layers", "none", "--epochs", "1", "--optimizer", "sgd"];

  write(rows);
  expect(await run([...train, "--out", `./${out}.m`, "--force"])).toBe(0);
  expect(await run(["predict", `./${out}.m`, `./${table}`], true)).toBe(0);
  await run([...train, "--out", `./${table}`]);
  if (astray !== null) {
    await run([...train.slice(0, 3), astray, "--ignore", astray]);
    await run([...train, "--ignore", astray]);
    await run(["predict", `./${astray.replace(/[/\0]/g, "")}`, `./${table}`]);
  }
  if (odd !== null) {
    write([[odd, 1, odd], ...rows]);
    await run(train);
    await run(["predict", `./${out}.m`, `./${table}`], true);
  }
  for (const text of [JSON.stringify({ [key]: value, layers: value }), JSON.stringify({ optimizer: value }), key]) {
    place.write("c.json", text);
    await run([...train, "--config", "c.json", "--out", "./refused.m"]);
  }
  const model = readFileSync(join(place.folder, `${out}.m`));
  for (const change of [
    (header: object) => ({ ...header, [tensor]: { dtype: tensor, shape: [1], data_offsets: [0, 4] } }),
    (header: object) => ({ ...header, __metadata__: { [key]: value } }),
    (header: object) => JSON.parse(JSON.stringify(header).replace('"W1"', JSON.stringify(tensor))),
  ]) {
    place.write("edited.m", edited(model, change));
    await run(["predict", "edited.m", `./${table}`], true);
  }
  for (const words of [
    [word],
    ["train", word],
    [...train, `--${word}`],
    [...train, "--layers", word],
    ["plan", word],
  ]) {
    await run(words);
  }
}

/** A file of safetensors with another header. */
function edited(file: Buffer, change: (header: object) => object): Buffer {
  const end = 8 + Number(file.readBigUInt64LE());
  const header = Buffer.from(JSON.stringify(change(JSON.parse(file.subarray(8, end).toString()))));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, file.subarray(end)]);
}
