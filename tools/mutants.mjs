import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chooseAdapter } from "./adapter.mjs";
import { runSuite, suites } from "./vitest.mjs";

/**
 * `npm run mutants [word …]`: whether `npm test` finds a mistake. test/mutants.json lists changes of one operator, constant or index,
 * each with the tests that must fail by it, as `suite file`. Each is made in the working tree, those tests run, and it is taken back.
 * Words choose the mutants whose file or tests hold one of them.
 *
 * @typedef {object} Mutant
 * @property {string} file
 * @property {string} from Stands in the file once.
 * @property {string} to
 * @property {readonly string[]} tests
 */

const runtimes = /** @type {(keyof typeof suites)[]} */ (Object.keys(suites));

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const words = process.argv.slice(2);
/** @type {Mutant[]} */
const all = JSON.parse(await readFile("test/mutants.json", "utf8"));
const chosen = all.filter(
  ({ file, tests }) => words.length === 0 || words.some((word) => [file, ...tests].join("\n").includes(word)),
);
const adapter = await chooseAdapter();
console.log(`adapter: ${adapter.line}`);

for (const { file, from } of chosen) {
  const count = (await readFile(file, "utf8")).split(from).length - 1;
  if (count !== 1) throw new Error(`mutants: ${file} holds ${count} of ${JSON.stringify(from)}, expected one`);
}

// As they are, all of the tests pass: otherwise it would say nothing that one fails.
const tests = [...new Set(chosen.flatMap((mutant) => mutant.tests))];
const sound = await passes(tests);
if (!sound) {
  console.error("mutants: the tests fail without any mutant.");
  process.exit(1);
}

/** @type {Mutant[]} */
const alive = [];
for (const [index, mutant] of chosen.entries()) {
  const { file, from, to } = mutant;
  const source = await readFile(file, "utf8");
  const restore = () => writeFile(file, source);
  process.once("SIGINT", restore);
  try {
    await writeFile(
      file,
      source.replace(from, () => to),
    );
    const killed = !(await passes(mutant.tests, ["--bail=1", "--reporter=dot", "--silent"]));
    console.log(`${index + 1}/${chosen.length} ${killed ? "killed" : "ALIVE "} ${file}: ${from} → ${to}`);
    if (!killed) alive.push(mutant);
  } finally {
    await restore();
    process.off("SIGINT", restore);
  }
}
console.log(`\n${chosen.length - alive.length} passed, ${alive.length} failed`);
process.exitCode = alive.length === 0 ? 0 : 1;

/** Runs tests, given as `suite file`, until one fails. @param {readonly string[]} tests @param {readonly string[]} [args] */
async function passes(tests, args = []) {
  for (const suite of runtimes) {
    const files = tests.flatMap((test) => (test.startsWith(`${suite} `) ? [test.slice(suite.length + 1)] : []));
    const status = files.length === 0 ? 0 : await runSuite(suite, [...files, ...args], adapter);
    if (status !== 0) return false;
  }
  return true;
}
