import { availableParallelism } from "node:os";
import { join } from "node:path";
import { runApart } from "../apart.mjs";

/** Files at a time: more would only wait for the one GPU. */
const MOST = 4;

/**
 * Runs files of the correctness suite, each in a process of its own.
 * @param {readonly string[]} files
 * @param {{ command: readonly string[], env: NodeJS.ProcessEnv, scratch: string, end: number }} options `command` starts
 * suite.mjs; `end` on the clock of `performance.now()`
 * @returns {Promise<import("./run-file.mjs").FileResult[]>} in the order of the files
 */
export async function runSuite(files, { command, env, scratch, end }) {
  const results = [];
  let next = 0;
  const worker = async (_, index) => {
    while (next < files.length) {
      const at = next++;
      results[at] = await one(files[at], join(scratch, `suite-${index}.json`));
      console.log(suiteLine(results[at]));
    }
  };
  const one = async (file, out) => {
    const timeout = Math.floor(end - performance.now());
    if (timeout <= 0) return { file, fault: "left out: the time is over" };
    return { file, ...(await runApart([...command, file], { env, file: out, timeout })) };
  };
  await Promise.all(Array.from({ length: Math.min(MOST, availableParallelism()) }, worker));
  return results;
}

/** @param {import("./run-file.mjs").FileResult} result */
export function suiteLine({ file, fault, passed, failed, skipped, seconds = 0 }) {
  if (fault !== undefined) return `${file}: ${fault}`;
  return `${file}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}, ${seconds.toFixed(1)} s`;
}

/** @param {import("./run-file.mjs").FileResult[]} results */
export function countSuite(results) {
  const sum = (name) => results.reduce((total, result) => total + (result[name] ?? 0), 0);
  const without = results.filter(({ fault }) => fault !== undefined).length;
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped"), filesWithoutResult: without };
}
