/**
 * How Chromium is started: in a variable, on its way from tools/adapter.mjs to whoever starts it.
 *
 * @typedef {object} Launch Of Playwright's options, what depends on the adapter.
 * @property {string | undefined} executablePath
 * @property {readonly string[]} args
 * @property {Readonly<Record<string, string>> | undefined} env What its environment has beside that of the process.
 */

const NAME = "CHAINRULE_BROWSER";

/** A process's environment. @param {Launch} launch @returns {Record<string, string>} */
export const writeLaunch = (launch) => ({ [NAME]: JSON.stringify(launch) });

/**
 * Playwright's options.
 * @param {NodeJS.ProcessEnv} environment with what was written
 * @returns {import("playwright").LaunchOptions & { args: string[] }}
 */
export function readLaunch(environment = process.env) {
  const { args = [], env, ...others } = JSON.parse(environment[NAME] ?? "{}");
  return { ...others, args, env: { ...process.env, ...env } };
}
