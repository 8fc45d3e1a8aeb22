import { readFile } from "node:fs/promises";

/** `total.mjs tier …`: adds up what tools/test.mjs left of some tiers. A tier that left nothing has failed. */

const counts = await Promise.all(
  process.argv.slice(2).map((tier) =>
    readFile(`test-results/${tier}/summary.json`, "utf8").then(JSON.parse, () => {
      console.error(`total: the tier ${tier} has not come to its end.`);
      return { passed: 0, failed: 1 };
    }),
  ),
);
const [passed, failed] = ["passed", "failed"].map((key) => counts.reduce((sum, count) => sum + count[key], 0));
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
