import { writeFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
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

/** The file that is changed, as it was. @type {{ file: string, source: string } | undefined} */
let changed;
const restore = () => {
  if (changed) writeFileSync(changed.file, changed.source);
  changed = undefined;
};
// Whatever ends this program, a signal too, the working tree is left as it was.
process.on("exit", restore);

// As they are, all of the tests pass: otherwise it would say nothing that one fails.
if ((await failuresOf([...new Set(chosen.flatMap(({ tests }) => tests))])) > 0) {
  throw new Error("mutants: tests fail without any mutant");
}
const alive = [];
for (const [index, { file, from, to, tests }] of chosen.entries()) {
  const source = await readFile(file, "utf8");
  changed = { file, source };
  await writeFile(
    file,
    source.replace(from, () => to),
  );
  const killed = (await failuresOf(tests, ["--bail=1"])) > 0;
  restore();
  console.log(`${index + 1}/${chosen.length} ${killed ? "killed" : "ALIVE "} ${file}: ${from} → ${to}`);
  if (!killed) alive.push(file);
}
console.log(`\n${chosen.length - alive.length} passed, ${alive.length} failed`);
process.exitCode = alive.length === 0 ? 0 : 1;

/**
 * Runs tests, given as `suite file`.
 * @param {readonly string[]} tests
 * @param {readonly string[]} [args]
 * @returns {Promise<number>} how many failed
 * @throws {Error} where none ran
 */
async function failuresOf(tests, args = []) {
  let failed = 0;
  for (const suite of runtimes) {
    const files = tests.flatMap((test) => (test.startsWith(`${suite} `) ? [test.slice(suite.length + 1)] : []));
    if (files.length === 0 || failed > 0) continue;
    const path = join("test-results/mutants", `${suite}.report.json`);
    await rm(path, { force: true });
    const reporters = ["--silent", "--reporter=dot", "--reporter=json", `--outputFile.json=${path}`];
    await runSuite(suite, [...files, ...reporters, ...args], adapter);
    const { numFailedTests, numPassedTests } = JSON.parse(await readFile(path, "utf8"));
    if (numFailedTests + numPassedTests === 0) throw new Error(`mutants: no test ran of ${files.join(", ")}`);
    failed += numFailedTests;
  }
  return failed;
}
