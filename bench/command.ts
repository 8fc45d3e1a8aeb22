/** What bench/tables.mjs takes of the command line, which it runs in its own process. */
export { run } from "../src/cli/run.ts";
export { processTerminal } from "../src/cli/terminal.ts";
export { isNumber, readCsv } from "../src/table.ts";
