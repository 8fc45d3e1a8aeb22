import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildCommand } from "./build.mjs";
import { installPeers } from "./install.mjs";
import { describeMachine, readVersions } from "./system.mjs";

/**
 * What `chainrule train` makes of ordinary tables with nothing but a target given, beside what it made with the defaults before:
 * `npm run bench:tables -- [--seeds 2] [--rows 400] [--only cars] [--minutes 30] [--save]`.
 *
 * It begins no run after so many minutes.
 *
 * The tables are those of vega-datasets that are lists of rows, reduced to their columns of numbers; up to three of these and one
 * column of classes are targets in turn, and four others inputs. A score is R² or the share of right classes on the rows that were not trained on.
 */

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "2" },
    rows: { type: "string", default: "400" },
    only: { type: "string", default: "" },
    minutes: { type: "string", default: "30" },
    save: { type: "boolean", default: false },
  },
});

/** Before: what now is `--initializer he --optimizer sgd`, with no second try. */
const recipes = { before: ["--initializer", "he", "--optimizer", "sgd", "--learning-rate", "0.1"], now: [] };

const LEAST_ROWS = 40;
const MOST_CLASSES = 20;
const [NUMBERS, CLASSES] = [3, 1];
/** Few columns, so that most tables have shaders of one shape, which a software adapter takes long to compile. */
const MOST_INPUTS = 4;

/** Keeps what is written to it. */
class Kept extends Writable {
  text = "";
  /** @override */
  _write(chunk, _, done) {
    this.text += chunk;
    done();
  }
}

const round = (value) => Number(value.toFixed(4));
const isThere = (value) => value !== undefined && value !== null && value !== "";

await installPeers();
await buildCommand();
const { run, processTerminal, readCsv, isNumber } = await import("#command");
const folder = mkdtempSync(join(tmpdir(), "chainrule-tables-"));
const terminal = processTerminal();
const device = await terminal.openDevice();
const report = {
  ...describeMachine(),
  adapter: device.adapter.name,
  versions: { ...(await readVersions()), "vega-datasets": versionOf("vega-datasets") },
  recipes,
};
console.log(`${report.adapter}; ${report.cpu}, ${report.system}, ${report.date.slice(0, 16)}`);
const runs = [];
const end = performance.now() + 60_000 * Number(options.minutes);
try {
  const all = [...tables()];
  // All tables with one seed before any with the next, so that what was run says something when the time is over.
  for (let seed = 0; seed < Number(options.seeds); seed++) {
    for (const { name, problems } of all) {
      const own = [];
      for (const { target, csv } of problems) {
        if (performance.now() > end) break;
        writeFileSync(join(folder, name), csv);
        const one = { table: name, target, seed };
        for (const [recipe, args] of Object.entries(recipes)) one[recipe] = await train(name, target, seed, args);
        // Else nothing can be learned of the target, or it does not vary among the rows to test on.
        if ([one.before, one.now].every((score) => typeof score === "number" || score === "halt")) own.push(one);
      }
      runs.push(...own);
      if (own.length > 0) console.log(`seed ${seed}, ${lineOf(name, summaryOf(own))}`);
    }
  }
} finally {
  device.destroy();
  rmSync(folder, { recursive: true, force: true });
}
const names = [...new Set(runs.map(({ table }) => table))];
const tablesOf = new Map(names.map((name) => [name, summaryOf(runs.filter(({ table }) => table === name))]));
const all = summaryOf(runs);
for (const [name, summary] of tablesOf) console.log(lineOf(name, summary));
console.log(lineOf(`all ${names.length}`, all));
if (options.save) {
  const adapter = report.adapter.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const path = fileURLToPath(new URL(`results/${report.date.slice(0, 10)}-tables-${adapter}.json`, import.meta.url));
  writeFileSync(
    path,
    `${JSON.stringify({ ...report, all, tables: Object.fromEntries(tablesOf), runs }, undefined, 1)}\n`,
  );
  console.log(`written to ${path}`);
}
// Dawn keeps Node alive.
process.exit(all.halts.now > 0 ? 1 : 0);

/** @returns {Promise<number | string>} the score on the rows to test on, "halt", or why there is none */
async function train(table, target, seed, args) {
  const [stdout, stderr] = [new Kept(), new Kept()];
  const words = ["train", table, "--target", target, "--seed", String(seed), "--out", "model.safetensors", ...args];
  const status = await run(words, {
    folder,
    env: {},
    stdout,
    stderr,
    openDevice: async () => device,
    catchInterrupt: () => ({ signal: new AbortController().signal, status: undefined, release() {} }),
  });
  if (stdout.text.includes("training anew")) console.log(`${table}, ${target}, seed ${seed}: trained anew, slower`);
  if (status !== 0)
    return stderr.text.includes("float32 holds") || stderr.text.includes("finite objective") ? "halt" : stderr.text;
  const [, score, percent] = /^test .* ([0-9.e+-]+)( %)?$/m.exec(stdout.text) ?? [];
  return Number.isNaN(Number(score)) ? `no score: ${score}` : Number(score) / (percent ? 100 : 1);
}

/** Halts, and the mean scores over the runs in which neither halted. */
function summaryOf(own) {
  const halts = (recipe) => own.filter((one) => one[recipe] === "halt").length;
  const both = own.filter(({ before, now }) => typeof before === "number" && typeof now === "number");
  const mean = (of) => round(both.reduce((sum, one) => sum + of(one), 0) / both.length);
  const difference = mean(({ before, now }) => now - before);
  const squares = both.reduce((sum, { before, now }) => sum + (now - before - difference) ** 2, 0);
  return {
    runs: own.length,
    halts: { before: halts("before"), now: halts("now") },
    score: { before: mean(({ before }) => before), now: mean(({ now }) => now) },
    difference,
    // Of the mean difference.
    standardError: both.length > 1 ? round(Math.sqrt(squares / (both.length - 1) / both.length)) : undefined,
  };
}

function lineOf(name, { runs: count, halts, score, difference, standardError }) {
  const scores = `score ${score.before.toFixed(4)} → ${score.now.toFixed(4)} (${difference < 0 ? "" : "+"}${difference}${standardError === undefined ? "" : ` ± ${standardError}`})`;
  return `${name}: ${count} runs, halts ${halts.before} → ${halts.now}, ${scores}`;
}

function* tables() {
  const data = fileURLToPath(new URL("node_modules/vega-datasets/data", import.meta.url));
  for (const file of readdirSync(data).sort()) {
    if (!file.includes(options.only)) continue;
    const rows = rowsOf(file, readFileSync(join(data, file)));
    const columns = [...new Set(rows.slice(0, 1000).flatMap(Object.keys))];
    const kinds = columns.map((column) => ({ column, kind: kindOf(rows.map((row) => row[column])) }));
    const of = (wanted) => kinds.filter(({ kind }) => kind === wanted).map(({ column }) => column);
    const [numbers, classes] = [of("number"), of("class")];
    const whole = rows.filter((row) => [...numbers, ...classes].every((column) => isThere(row[column])));
    if (numbers.length === 0 || whole.length < LEAST_ROWS) continue;
    const taken = spread(whole, Number(options.rows));
    const problems = [];
    for (const kind of [numbers, classes]) {
      for (const target of spread(kind, kind === numbers ? NUMBERS : CLASSES)) {
        const inputs = spread(
          numbers.filter((column) => column !== target),
          MOST_INPUTS,
        );
        if (inputs.length === 0) continue;
        const lines = [[...inputs, target], ...taken.map((row) => [...inputs, target].map((column) => row[column]))];
        const csv = lines
          .map((cells) => cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(","))
          .join("\n");
        problems.push({ target: target.trim(), csv: `${csv}\n` });
      }
    }
    yield { name: `${file.replace(/\.\w+$/, "")}.csv`, problems };
  }
}

/** The rows of a list of objects or of a CSV table; none of anything else. */
function rowsOf(file, bytes) {
  if (file.endsWith(".json")) {
    const value = JSON.parse(bytes.toString());
    const flat =
      Array.isArray(value) && value.every((row) => typeof row === "object" && row !== null && !Array.isArray(row));
    return flat ? value : [];
  }
  if (!file.endsWith(".csv")) return [];
  const { columns, rows } = readCsv(bytes.toString(), file);
  const asCell = (cell = "") => (isNumber(cell) ? Number(cell) : cell);
  return Array.from(rows, (cells) => Object.fromEntries(columns.map((name, i) => [name, asCell(cells[i])])));
}

/** What a column can serve as: nine cells of ten are there, and two differ. */
function kindOf(cells) {
  const there = cells.filter(isThere);
  const different = new Set(there).size;
  if (there.length < 0.9 * cells.length || different < 2) return "none";
  if (there.every((cell) => typeof cell === "number")) return "number";
  return different <= MOST_CLASSES && there.every((cell) => typeof cell === "string") ? "class" : "none";
}

/** At most so many of a list, from its beginning to its end. */
function spread(list, most) {
  return list.length <= most
    ? list
    : Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]);
}

function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}
