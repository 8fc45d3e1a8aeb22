import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { judge, show } from "./format.ts";
import { formats } from "./formats.ts";

/**
 * The quick part of `npm run fuzz`, which draws from the same inputs, longer ones too, and anew each time. Here they are the same at
 * every commit, so that none fails by luck.
 */
const SEED = 16;
const RUNS = 200;

describe.each(Object.entries(formats))("%s", async (name, make) => {
  const format = await make();
  afterAll(() => format.close?.());

  it("is read right, or refused by an error that says why", async () => {
    const counts = { accepted: 0, refused: 0 };
    const property = fc.asyncProperty(format.arbitrary("short"), async (input) => {
      counts[await judge(format, input)] += 1;
    });
    const { failed, counterexample, errorInstance, counterexamplePath } = await fc.check(property, {
      numRuns: RUNS,
      seed: SEED,
    });
    const [input] = counterexample ?? [];
    const replay = `npm run fuzz -- ${name} --short --seed ${SEED} --path ${counterexamplePath}`;
    if (failed) throw new Error(`${replay}\n${input && show(input)}`, { cause: errorInstance });
    // Refusals alone would prove little.
    expect(counts.accepted).toBeGreaterThan(RUNS / 10);
    expect(counts.refused).toBeGreaterThan(0);
  });
});
