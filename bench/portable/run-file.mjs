import { startTests } from "@vitest/runner";
import { getTestName, getTests } from "@vitest/runner/utils";
import { TEST_LIMIT } from "../../tools/limit.mjs";

/**
 * @typedef {object} FileResult
 * @property {string} file
 * @property {number} [passed]
 * @property {number} [failed] Tests, and groups or files whose own code failed.
 * @property {number} [skipped]
 * @property {number} [seconds]
 * @property {{ name: string, message: string }[]} [failures]
 * @property {string} [fault] Why the file has no counts.
 */

/** @type {import("@vitest/runner").VitestRunnerConfig} */
const config = {
  root: "/",
  name: undefined,
  testNamePattern: undefined,
  chaiConfig: undefined,
  includeTaskLocation: undefined,
  tagsFilter: undefined,
  setupFiles: [],
  passWithNoTests: false,
  allowOnly: false,
  sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
  maxConcurrency: 1,
  testTimeout: TEST_LIMIT,
  hookTimeout: TEST_LIMIT,
  retry: 0,
  tags: [],
  strictTags: true,
};

/**
 * Runs the tests of one file in this process.
 * @param {string} file
 * @param {() => Promise<unknown>} load imports it
 * @returns {Promise<FileResult>}
 */
export async function runFile(file, load) {
  const began = performance.now();
  const [root] = await startTests([file], { config, importFile: load });
  if (!root) throw new Error(`suite: ${file} was not run`);
  const tests = getTests(root);
  const count = (state) => tests.filter(({ result, mode }) => (result?.state ?? mode) === state).length;
  const failures = withinOf(root).flatMap((task) =>
    (task.result?.errors ?? []).map(({ message }) => ({ name: getTestName(task) || file, message })),
  );
  const groups = withinOf(root).filter(({ type, result }) => type === "suite" && result?.errors?.length).length;
  return {
    file,
    passed: count("pass"),
    failed: count("fail") + groups,
    skipped: count("skip") + count("todo"),
    seconds: (performance.now() - began) / 1000,
    failures,
  };
}

/** A task and all within it. */
const withinOf = (task) => [task, ...(task.tasks ?? []).flatMap(withinOf)];
