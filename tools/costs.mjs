import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/**
 * What the files of the suites cost, out of the reports of a run.
 *
 * @typedef {object} Cost
 * @property {string} suite
 * @property {string} file Relative to the repository.
 * @property {number} seconds Of its tests and hooks.
 * @property {number} pipelines Compiled on real devices.
 */

/** A file must be this much dearer than it was, as far as the whole run is, to be named. */
const FACTOR = 2;
/** Seconds beyond that; below, a time is noise. */
const SLACK = 3;

/** @param {string} folder of a run's reports @returns {Promise<Cost[]>} */
export async function readCosts(folder) {
  const names = await readdir(folder);
  const all = names.filter((name) => /^[a-z]+\.json$/.test(name) && !/^(costs|summary)/.test(name));
  return (await Promise.all(all.map((name) => costsOf(folder, name.replace(".json", ""))))).flat();
}

/** @param {string} folder @param {string} suite @returns {Promise<Cost[]>} */
async function costsOf(folder, suite) {
  const report = JSON.parse(await readFile(join(folder, `${suite}.json`), "utf8"));
  const lines = await readFile(join(folder, `${suite}-pipelines.jsonl`), "utf8").catch(() => "");
  /** @type {Map<string, number>} */
  const pipelines = new Map();
  for (const line of lines.split("\n").filter(Boolean)) {
    const { file, pipelines: count } = JSON.parse(line);
    const path = relative(process.cwd(), file);
    pipelines.set(path, (pipelines.get(path) ?? 0) + count);
  }
  return report.testResults.map((/** @type {{ name: string, startTime: number, endTime: number }} */ result) => {
    const file = relative(process.cwd(), result.name);
    return { suite, file, seconds: (result.endTime - result.startTime) / 1000, pipelines: pipelines.get(file) ?? 0 };
  });
}

/** The dearest files of Node's suites. @param {readonly Cost[]} costs @param {number} count */
export const dearest = (costs, count) =>
  costs
    .filter(({ suite }) => ["unit", "gpu", "command"].includes(suite))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, count);

/**
 * Names the files that cost twice what they did, beside all others: a machine that is slower by itself doubles none.
 * @param {readonly Cost[]} costs
 * @param {Readonly<Record<string, readonly [seconds: number, pipelines: number]>>} known by suite and file, of test/costs.json
 * @returns {string[]} a line each
 */
export function doubled(costs, known) {
  const both = costs.flatMap((cost) => {
    const before = known[`${cost.suite} ${cost.file}`];
    return before ? [{ ...cost, before: before[0], pipelinesBefore: before[1] }] : [];
  });
  const ratios = both
    .filter(({ before }) => before > 1)
    .map(({ seconds, before }) => seconds / before)
    .sort((a, b) => a - b);
  const slower = Math.max(1, ratios[Math.floor(ratios.length / 2)] ?? 1);
  return both.flatMap(({ suite, file, seconds, before, pipelines, pipelinesBefore }) => [
    ...(seconds > FACTOR * slower * before + SLACK
      ? [`dearer: ${suite} ${file} took ${seconds.toFixed(1)} s, ${(before * slower).toFixed(1)} s expected`]
      : []),
    ...(pipelines > FACTOR * pipelinesBefore + 5
      ? [`dearer: ${suite} ${file} compiled ${pipelines} pipelines, ${pipelinesBefore} before`]
      : []),
  ]);
}
