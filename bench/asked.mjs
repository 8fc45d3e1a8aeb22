import process from "node:process";

/**
 * What was asked for on the command line, or undefined where that was help, or nothing that makes sense: the usage has been printed
 * then.
 * @template T
 * @param {string} usage
 * @param {() => T} read throws an Error without a message for help
 * @returns {T | undefined}
 */
export function readAsked(usage, read) {
  try {
    return read();
  } catch (error) {
    const message = messageOf(error);
    console.error([message, usage].filter(Boolean).join("\n\n"));
    process.exitCode = message ? 2 : 0;
    return undefined;
  }
}

/** @param {unknown} error whatever was thrown */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));
