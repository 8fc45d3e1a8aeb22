import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * What the files of the suites cost, out of the reports of a run. `costs.mjs` keeps those of the last run of each tier as
 * test/costs.json, against which the next are held.
 *
 * @typedef {object} Cost
 * @property {string} suite
 * @property {string} file Relative to the repository.
 * @property {number} seconds Of its tests and hooks.
 * @property {number} pipelines Compiled on real devices.
 *
 * @typedef {Record<string, readonly [seconds: number, pipelines: number]>} Kept by suite and file
 */

const KEPT = "test/costs.json";

/** A file that takes this many times what it did, beside all others, is named. */
const FACTOR = 2;
/** Seconds beyond that: what is below is noise. */
const SLACK = 3;

/** @param {string} folder of a run's reports @returns {Promise<Cost[]>} */
export async function readCosts(folder) {
  const names = await readdir(folder);
  const suites = names.flatMap((name) => /^([a-z]+)\.report\.json$/.exec(name)?.[1] ?? []);
  return (await Promise.all(suites.map((suite) => costsOf(folder, suite)))).flat();
}

/** @param {string} folder @param {string} suite @returns {Promise<Cost[]>} */
async function costsOf(folder, suite) {
  const { testResults } = JSON.parse(await readFile(join(folder, `${suite}.report.json`), "utf8"));
  const lines = await readFile(join(folder, `${suite}.pipelines.jsonl`), "utf8").catch(() => "");
  /** @type {Map<string, number>} */
  const pipelines = new Map(
    lines
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .map(({ file, pipelines }) => [file, pipelines]),
  );
  return testResults.map((/** @type {{ name: string, startTime: number, endTime: number }} */ result) => {
    const file = relative(process.cwd(), result.name);
    return { suite, file, seconds: (result.endTime - result.startTime) / 1000, pipelines: pipelines.get(file) ?? 0 };
  });
}

/** The dearest files. @param {readonly Cost[]} costs */
export const dearest = (costs, count = 10) => costs.toSorted((a, b) => b.seconds - a.seconds).slice(0, count);

/**
 * Names the files that take twice what they did. A machine that is slower by itself doubles none: what the others take tells its
 * speed. Of pipelines the sum alone is held to a budget: which of two files compiles what both need, follows from their order.
 * @param {string} tier
 * @param {readonly Cost[]} costs
 * @returns {Promise<string[]>} a line each
 */
export async function dearer(tier, costs) {
  /** @type {Kept} */
  const kept = (await readFile(KEPT, "utf8").then(JSON.parse, () => ({})))[tier] ?? {};
  const both = costs.flatMap((cost) => {
    const before = kept[`${cost.suite} ${cost.file}`]?.[0];
    return before === undefined ? [] : [{ ...cost, before }];
  });
  const ratios = both.flatMap(({ seconds, before }) => (before > 1 ? [seconds / before] : []));
  const speed = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 1;
  return both.flatMap(({ suite, file, seconds, before }) =>
    seconds > FACTOR * speed * before + SLACK * speed
      ? [`dearer: ${suite} ${file} took ${seconds.toFixed(1)} s, ${(speed * before).toFixed(1)} s were expected`]
      : [],
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.chdir(fileURLToPath(new URL("..", import.meta.url)));
  /** @type {Record<string, Kept>} */
  const kept = await readFile(KEPT, "utf8").then(JSON.parse, () => ({}));
  for (const tier of ["fast", "full"]) {
    const folder = join("test-results", tier);
    if (!existsSync(folder)) throw new Error(`costs: there is no ${folder}; run npm test and npm run test:all first.`);
    const costs = (await readCosts(folder)).sort((a, b) => b.seconds - a.seconds);
    kept[tier] = Object.fromEntries(
      costs.map(({ suite, file, seconds, pipelines }) => [
        `${suite} ${file}`,
        [Math.round(10 * seconds) / 10, pipelines],
      ]),
    );
  }
  await writeFile(KEPT, `${JSON.stringify(kept, undefined, 1)}\n`);
}
