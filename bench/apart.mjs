import { readFile, rm } from "node:fs/promises";
import { run } from "../tools/process.mjs";

/**
 * Has a process of its own write JSON to a file, so that it finds nothing that another left, and one that hangs costs its
 * own part only.
 * @param {readonly string[]} command program and arguments; the file is given last
 * @param {{ env: NodeJS.ProcessEnv, file: string, timeout: number }} options time in ms
 * @returns {Promise<any>} what it wrote, or `{ fault }`, why there is nothing
 */
export async function runApart([program = "", ...args], { env, file, timeout }) {
  await rm(file, { force: true });
  const status = await run(program, [...args, file], { env, timeout });
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text !== undefined) return JSON.parse(text);
  return { fault: status === 124 ? `not done in ${Math.round(timeout / 1000)} s` : `ended with status ${status}` };
}

/** Time in ms for one network in one runtime, the comparison of first steps apart where it was asked to take longer. */
const MOST = 180_000;

/**
 * Measures one network.
 * @param {readonly string[]} command as for `runApart`; the options are given before the file
 * @param {import("./measure.mjs").Options} asked
 * @param {{ env: NodeJS.ProcessEnv, file: string, end: number }} options `end` on the clock of `performance.now()`
 */
export async function measureApart(command, asked, { env, file, end }) {
  const { agree = 0, contestants } = asked;
  const most = MOST + 1000 * agree * contestants.length;
  const timeout = Math.floor(Math.min(most, end - performance.now()));
  const network = { name: asked.network };
  if (timeout <= 0) return { network, fault: "left out: the time is over" };
  return { network, ...(await runApart([...command, JSON.stringify(asked)], { env, file, timeout })) };
}
