import { CommanderError } from "commander";
import { ChainruleError } from "../errors.ts";
import { say, sayFault } from "./output.ts";
import { readCommand } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs one command.
 * @param args the words after the program's name
 * @returns exit status: 0, 1 for an error, 2 for a wrong command, 128 and its number for a signal
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const work = readCommand(args, terminal);
    return await work();
  } catch (error) {
    // Commander has said what is wrong, or printed its help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ChainruleError) say(terminal.stderr, `error: ${error.message}`);
    else sayFault(terminal.stderr, error);
    return 1;
  }
}
