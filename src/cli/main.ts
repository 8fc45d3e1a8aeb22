import { flush, watchOutput } from "./output.ts";
import { run } from "./run.ts";
import { processTerminal } from "./terminal.ts";

watchOutput();
const terminal = processTerminal();
const status = await run(process.argv.slice(2), terminal);
await flush(terminal.stdout);
// Not left to end by itself: Dawn keeps Node alive.
process.exit(status);
