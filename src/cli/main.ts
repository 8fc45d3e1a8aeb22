import { CommanderError } from "commander";
import { ChainruleError } from "../errors.ts";
import { print, watchOutput } from "./output.ts";
import { createProgram } from "./program.ts";

/** Runs the command line. @returns exit status: 0, 1 for an error, 2 for a wrong command, 128 and its number for a signal */
async function main(): Promise<number> {
  let status = 0;
  const program = createProgram((value) => {
    status = value;
  });
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync();
    return status;
  } catch (error) {
    // Commander has said what is wrong, or printed its help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(error instanceof ChainruleError ? `error: ${error.message}` : error);
    return 1;
  }
}

watchOutput();
const status = await main();
await print("");
// Not left to end by itself: Dawn keeps Node alive.
process.exit(status);
