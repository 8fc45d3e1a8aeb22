import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommanderError } from "commander";
import * as fc from "fast-check";
import { configOf, type DataOptions, initialOptions } from "../../../demo/src/pages/data/options.ts";
import { readCommand } from "../../../src/cli/program.ts";
import type { Terminal } from "../../../src/cli/terminal.ts";
import { hostile } from "./atoms.ts";
import { checkPrinted, encode, type Format, type Input, type Reach, read } from "./format.ts";
import { edits, nests } from "./json.ts";
import { mutants } from "./mutate.ts";

/** A configuration of the command line's `train`. */
interface ConfigInput extends Input {
  /** Columns beside the table's own a, b and y, which the configuration leaves out. */
  readonly columns: readonly string[];
  /** Whether the site wrote it, so that it is to be taken as it is. */
  readonly own: boolean;
}

const seeds: readonly Uint8Array[] = [
  { target: "y" },
  { target: "y", layers: "64,32", "learning-rate": 0.1 },
  { target: "kind", task: "classification", layers: "none", epochs: 3, optimizer: "adamw", "weight-decay": 0.01 },
  { target: "y", ignore: "a,kind", scale: "minmax", "scale-target": "none", "test-fraction": 0.25 },
  { target: "y", task: "regression", optimizer: "momentum", momentum: 0.9, schedule: "cosine" },
  { target: "y", seed: 4294967295, batch: 2, tune: true, activation: "tanh", initializer: "he" },
  { target: "kind", ignore: '"a",', optimizer: "sgd", decay: "per-step", "weight-decay": "1e-3" },
  { target: "y", "learning-rate": "5e-4", epochs: "10", layers: "8, 8,8" },
  { target: "b", task: "classification", "test-fraction": 0, batch: 1 },
  { target: "y", optimizer: "adam", decay: "per-batch", "weight-decay": 0, seed: 0, schedule: "constant" },
].map((config) => encode(JSON.stringify(config)));

/** Names of columns, some of which only quotes can tell. */
const names = fc
  .uniqueArray(
    hostile("short").map((name) =>
      new TextDecoder().decode(encode(name)).replace(/\0/g, "").replace(/\r\n?/g, "\n").trim(),
    ),
    { maxLength: 2 },
  )
  .map((list) => list.filter((name) => !["", "a", "b", "kind", "y"].includes(name)));

const options = fc.record({
  target: fc.constantFrom("y", "kind", "a"),
  layers: fc.array(fc.integer({ min: 1, max: 9999 }), { maxLength: 3 }),
  optimizer: fc.constantFrom("sgd", "momentum", "adam", "adamw" as const),
  rate: fc.constantFrom(0.0003, 1e-7, 0.1, 1e-20),
  decay: fc.constantFrom(0, 0.01, 1e-7),
  batch: fc.constantFrom(1, 32, 65_536),
  epochs: fc.constantFrom(1, 50, 100_000),
  seed: fc.constantFrom(0, 2 ** 32 - 1),
  testFraction: fc.constantFrom(0, 0.2, 0.5),
  scale: fc.constantFrom("standard", "minmax", "none" as const),
  scaleTarget: fc.constantFrom("standard", "minmax", "none" as const),
}) as fc.Arbitrary<Partial<DataOptions>>;

const ROWS = 12;

const ofSite: fc.Arbitrary<ConfigInput> = fc.tuple(options, names).map(([some, columns]) => {
  const given = { ...initialOptions, ...some };
  const task = given.target === "kind" ? "classification" : "regression";
  const ignored = ["a", "kind", ...columns].filter((name) => name !== given.target);
  return { columns, own: true, bytes: encode(JSON.stringify(configOf(ROWS, task, { ...given, ignored }))) };
});

const pumped: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom<(n: number) => string>(
      (n) => `{"target":"${"y".repeat(n)}"}`,
      (n) => `{"target":"y","layers":"${"1,".repeat(n >> 7)}1"}`,
      (n) => `{"target":"y","learning-rate":"${"1".repeat(n)}x"}`,
      (n) => `{"target":"y","ignore":"${'\\"x'.repeat(n)}"}`,
      (n) => `{"target":"y","ignore":"${"kind,".repeat(n)}"}`,
      (n) => `{"target":"y","seed":"${"1".repeat(n)}"}`,
      (n) => `{"target":"y","${"seed".repeat(n)}":1}`,
      (n) => `${"[".repeat(n)}`,
    ),
    fc.integer({ min: 1000, max: 100_000 }),
  )
  .map(([shape, times]) => encode(shape(times)));

const nested: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom("", '{"target":"y","layers":'), nests)
  .map(([before, nest]) => encode(before === "" ? nest : `${before}${nest}}`));

/** Where all that is to be read was read, and the training would begin. */
class Begun extends Error {}

const arbitrary = (reach: Reach): fc.Arbitrary<ConfigInput> => {
  const base = fc.constantFrom(...seeds).map((bytes) => new TextDecoder().decode(bytes));
  const structured = fc.tuple(base, edits(reach, 1, 2)).map(([text, edit]) => encode(edit(text)));
  const more = { columns: fc.constant([]), own: fc.constant(false) };
  return fc.oneof(
    { weight: 200, arbitrary: ofSite },
    { weight: 400, arbitrary: fc.record({ bytes: structured, ...more }) },
    { weight: 200, arbitrary: fc.record({ bytes: mutants(seeds, reach), ...more }) },
    ...(reach === "long"
      ? [pumped, nested].map((bytes) => ({ weight: 1, arbitrary: fc.record({ bytes, ...more }) }))
      : []),
  );
};

export function configFormat(): Format {
  const folder = mkdtempSync(join(tmpdir(), "chainrule-fuzz-"));
  let written: string[] = [];
  const output = {
    write: (text: string, done?: () => void) => {
      written.push(text);
      done?.();
      return true;
    },
  } as unknown as Terminal["stdout"];
  const terminal: Terminal = {
    folder,
    env: {},
    stdout: output,
    stderr: output,
    openDevice: () => Promise.reject(new Error("opened before signals are caught")),
    catchInterrupt: () => {
      throw new Begun();
    },
  };
  const word = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const rows = Array.from({ length: ROWS }, (_, i) => [i / 4, (i * 7) % 5, i % 2 ? "odd" : "even", i * i]);

  async function check({ bytes, columns, own }: ConfigInput) {
    const table = [
      ["a", "b", "kind", "y", ...columns].map(word),
      ...rows.map((row) => [...row, ...columns.map(() => "x")]),
    ];
    writeFileSync(join(folder, "t.csv"), table.map((row) => `${row.join(",")}\n`).join(""));
    writeFileSync(join(folder, "c.json"), bytes);
    written = [];
    let begun = false;
    const verdict = await read(async () => {
      try {
        await readCommand(["train", "t.csv", "--config", "c.json"], terminal)();
      } catch (error) {
        // Commander's own words, such as those for what is required.
        if (error instanceof CommanderError) return "refused";
        if (!(error instanceof Begun)) throw error;
        begun = true;
      }
      return "accepted";
    });
    // Lines are ended by ours alone; each of what is told as it begins is one.
    for (const line of written.join("").split("\n")) checkPrinted(line, "a line", 2000);
    assert.ok(begun || verdict === "refused", "a command that does nothing");
    if (begun) checkBegun(bytes, written.join(""));
    assert.ok(verdict === "accepted" || !own, "a configuration of the site is refused");
    return verdict;
  }

  return { arbitrary, check: (input) => check(input as ConfigInput), close: () => rmSync(folder, { recursive: true }) };
}

/** What is said of a training is what the configuration asks for. */
function checkBegun(bytes: Uint8Array, said: string): void {
  const { target, seed = 0, layers = "64", optimizer = "adam" } = JSON.parse(new TextDecoder().decode(bytes));
  assert.ok(said.includes(`target "${target}"`), "the target");
  assert.ok(said.includes(`(seed ${Number(seed)})`), "the seed");
  assert.ok(said.includes(`optimizer: ${optimizer}, `), "the optimizer");
  const sizes =
    String(layers) === "none"
      ? []
      : String(layers)
          .split(",")
          .filter((size) => size.trim() !== "");
  const network = /^network: \d+ → (.*?), /m.exec(said)?.[1]?.split(" → ") ?? [];
  // Of many the first and the last are told.
  if (sizes.length >= 32) return;
  assert.deepEqual(
    network.slice(0, -1).map((layer) => Number.parseInt(layer, 10)),
    sizes.map(Number),
    "the layers",
  );
}
