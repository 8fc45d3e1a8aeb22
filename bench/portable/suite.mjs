import "../../test/helpers/polling.ts";
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { files } from "./files.mjs";
import { runFile } from "./run-file.mjs";

/** One file of the correctness suite, without Vitest: `suite.mjs FILE OUT` writes what became of its tests to the file OUT. */

const [file = "", out = ""] = process.argv.slice(2);
const load = files[file];
if (!load) throw new Error(`suite: there is no file ${file}`);
const result = await runFile(file, load);
await writeFile(out, JSON.stringify(result));
for (const { name, message } of result.failures ?? []) console.log(`  ✗ ${name}: ${message}`);
// A device that a failed test left open would keep the process.
process.exit(result.failed === 0 ? 0 : 1);
