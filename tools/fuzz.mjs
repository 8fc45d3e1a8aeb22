import { mkdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { build } from "vite";

/**
 * `npm run fuzz -- [format …] [--runs 100000] [--seed N] [--path P] [--short]`: draws hostile inputs of each format, and reads them.
 * An input is to be read right or refused by an error that says why, in 20 times its length of memory (more where Node's URL stands
 * in for the browser's), and to end: the one place where a clock decides, by a bound that is far from what any machine takes. Each
 * format has a thread; what fails is printed as small as it was to be had, with the words that come back to it, and the exit status
 * is 1.
 *
 * @typedef {import("../test/unit/fuzz/run.ts").Order} Order
 * @typedef {import("../test/unit/fuzz/run.ts").Outcome} Outcome
 */

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

/** Milliseconds that an input may take, and microseconds more for each of its bytes. */
const HANGS = 20_000;
const HANGS_A_BYTE = 100;

/** The longest input that is kept of one that hangs. */
const KEPT = 2 ** 21;

/** Of a thread; an input takes a part of it at most, since the bound on memory is far below. */
const HEAP_MB = 1500;

const folder = "test-results/fuzz";
/** Of its own, since another may be running. */
const built = join(folder, `built-${process.pid}`);
const names = ["table", "model", "config", "tune", "address", "storage"];

const usage = `usage: npm run fuzz -- [${names.join(" | ")} …] [--runs 100000] [--seed N] [--path P] [--short]`;

/** @returns {never} */
function refuse() {
  console.error(usage);
  process.exit(2);
}

/** @param {string | undefined} text @param {number} otherwise */
function wholeOf(text, otherwise) {
  if (text === undefined) return otherwise;
  return /^-?\d+$/.test(text) ? Number(text) : refuse();
}

function readWords() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: "string" },
        seed: { type: "string" },
        path: { type: "string" },
        short: { type: "boolean" },
      },
    });
  } catch {
    return refuse();
  }
}

const { values, positionals } = readWords();
if (positionals.some((name) => !names.includes(name))) refuse();
const chosen = positionals.length > 0 ? names.filter((name) => positionals.includes(name)) : names;
const seed = wholeOf(values.seed, Math.floor(Math.random() * 2 ** 31));
const runs = wholeOf(values.runs, values.path === undefined ? 100_000 : 1);
const { path, short = false } = values;
const reach = short ? "short" : "long";

await build({
  configFile: false,
  logLevel: "warn",
  resolve: { tsconfigPaths: true },
  build: {
    ssr: "test/unit/fuzz/run.ts",
    outDir: built,
    target: "node20",
    rolldownOptions: { output: { entryFileNames: "run.mjs" } },
  },
});
const program = pathToFileURL(join(process.cwd(), built, "run.mjs"));

console.log(`seed ${seed}, ${runs.toLocaleString("en")} inputs of each format`);
const queue = chosen.values();
/** @type {boolean[]} */
const passed = [];
await Promise.all(Array.from({ length: Math.min(availableParallelism(), chosen.length) }, inTurn));
await rm(built, { recursive: true });
process.exitCode = passed.every(Boolean) ? 0 : 1;

async function inTurn() {
  for (const name of queue) passed.push(await fuzz(name));
}

/** @param {string} format @returns {Promise<boolean>} whether no input failed */
async function fuzz(format) {
  const clock = new Float64Array(new SharedArrayBuffer(24));
  const current = new Uint8Array(new SharedArrayBuffer(KEPT));
  const began = performance.now();
  /** @type {Order} */
  const order = { format, runs, seed, path, reach, clock, current };
  const worker = new Worker(program, { workerData: order, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
  /** @type {Outcome | string} */
  const outcome = await new Promise((resolve) => {
    const timer = setInterval(() => {
      const [, at = 0, length = 0] = clock;
      if (at > 0 && Date.now() - at > HANGS + (HANGS_A_BYTE * length) / 1000) end(`it hangs: ${Date.now() - at} ms`);
    }, 1000);
    /** @param {Outcome | string} what */
    const end = (what) => {
      clearInterval(timer);
      resolve(what);
      void worker.terminate();
    };
    worker.once("message", end);
    worker.once("error", (error) => end(`the thread ended: ${error.stack ?? error}`));
    worker.once("exit", (code) => end(`the thread ended with ${code}`));
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const again = `npm run fuzz -- ${format}${short ? " --short" : ""} --seed ${seed}`;
  if (typeof outcome === "string") {
    const [count = 0, , length = 0] = clock;
    const file = join(folder, `${format}.input`);
    await mkdir(folder, { recursive: true });
    await writeFile(file, current.slice(0, Math.min(length, KEPT)));
    console.log(
      `${format}: FAILED at input ${count}: ${outcome}\n  its ${length} bytes: ${file}\n  ${again} --path ${count - 1}`,
    );
    return false;
  }
  const { accepted, refused, failure, ratio, weighed, allowed, most } = outcome;
  const figures = [
    `${(accepted + refused).toLocaleString("en")} inputs`,
    `${accepted.toLocaleString("en")} accepted`,
    `${refused.toLocaleString("en")} refused`,
    `${failure ? 1 : 0} failed`,
    ...(ratio > 0 ? [`at most ${ratio.toFixed(1)} bytes a byte of a long one, what waits to be collected too`] : []),
    ...(weighed > 0 ? [`${weighed} of more than ${allowed} did with ${allowed}`] : []),
    `at most ${(most / 2 ** 20).toFixed(1)} MiB for a short one`,
    `${seconds} s`,
  ];
  console.log(`${format.padEnd(8)} ${figures.join(", ")}`);
  if (failure === undefined) return true;
  console.log(
    `  ${again} --path ${failure.path}\n  ${failure.input.slice(0, 2000)}\n  ${failure.error.replaceAll("\n", "\n  ")}`,
  );
  return false;
}
