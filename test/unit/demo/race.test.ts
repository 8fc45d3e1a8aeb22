import { describe, expect, it } from "vitest";
import type { ContestantName } from "../../../demo/src/pages/gpu/contestants.ts";
import {
  COMMON_STEPS,
  COMMON_TIME,
  LEAST_COMMON,
  Race,
  ROUNDS,
  type Timing,
  TOLERANCE,
} from "../../../demo/src/pages/gpu/race.ts";
import type { Task } from "../../../demo/src/pages/gpu/tasks.ts";

const task: Task = {
  name: "2-2-2 b2",
  sizes: [2, 2, 2],
  batch: 2,
  batches: 2,
  learningRate: 0.1,
  inputs: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  classes: Uint32Array.of(0, 1, 0, 1),
};

/** What a contestant does, by the script. */
interface Part {
  /** ms that it takes to be ready, and to take a step. */
  readonly ready?: number;
  readonly step: number;
  /** Loss of the n-th step of a run, counted from 1, in the r-th round, counted from 0. */
  loss?(step: number, round: number): number;
}

/** A race by a script, on a clock that stands still but for what the contestants take. */
function stage(parts: Readonly<Partial<Record<ContestantName, Part | Error>>>, least = 100) {
  let clock = 0;
  const [labels, calls, disposed] = [[] as string[], [] as string[], [] as string[]];
  const entrants = (Object.entries(parts) as [ContestantName, Part | Error][]).map(([name, part]) => ({
    name,
    enter: async () => {
      if (part instanceof Error) throw part;
      const { ready = 0, step: time, loss = (step) => 1 / step } = part;
      clock += ready;
      let [taken, round] = [0, -1];
      return {
        async step(steps: number) {
          clock += steps * time;
          taken += steps;
          if (round >= 0) calls.push(`${name} ${round}`);
          return loss(taken, Math.max(0, round));
        },
        async reset() {
          taken = 0;
          round += 1;
        },
        async dispose() {
          disposed.push(name);
        },
      };
    },
  }));
  const race = new Race(entrants, { least, now: () => clock, next: (label) => void labels.push(label) });
  const of = (name: ContestantName): Timing => {
    const found = race.timings.find(({ contestant }) => contestant === name);
    if (!found) throw new Error(`${name} did not take part`);
    return found;
  };
  return { race, run: () => race.run(task), of, labels, calls, disposed };
}

describe("a race of the benchmark", () => {
  it("gives each its steps a second, in rounds as long as asked for", async () => {
    const { run, of, disposed } = stage({ chainrule: { ready: 250, step: 0.5 }, reference: { step: 4 } });
    await run();
    const common = { steps: COMMON_STEPS, difference: 0 };
    expect(of("chainrule")).toEqual({
      ...{ contestant: "chainrule", agreement: common, firstStepSeconds: 0.2505, stepsPerRound: 200 },
      rates: Array(ROUNDS).fill(2000),
    });
    expect(of("reference")).toEqual({
      ...{ contestant: "reference", firstStepSeconds: 0.004, stepsPerRound: 25 },
      rates: Array(ROUNDS).fill(250),
    });
    expect(disposed).toEqual(["chainrule", "reference"]);
  });

  it("lets nobody always be the first of a round, and tells what comes", async () => {
    const { run, calls, labels } = stage({ chainrule: { step: 1 }, tfjs: { step: 2 }, reference: { step: 3 } });
    await run();
    const order = ["chainrule", "tfjs", "reference"];
    expect(calls).toEqual(
      Array.from({ length: ROUNDS }, (_, round) => order.map((_, i) => `${order[(i + round) % 3]} ${round}`)).flat(),
    );
    expect(labels).toEqual([
      ...order.map((name) => `first step of ${name}`),
      "do the losses agree?",
      ...Array.from({ length: ROUNDS }, (_, round) => `round ${round + 1} of ${ROUNDS}`),
    ]);
  });

  it("compares fewer steps of one that is slow, but never fewer than there must be", async () => {
    // After its first step there is time for as many as last COMMON_TIME.
    const slow = stage({ chainrule: { step: 1 }, reference: { step: COMMON_TIME / 9.5 } });
    await slow.run();
    expect(slow.of("chainrule").agreement?.steps).toBe(11);
    const slower = stage({ chainrule: { step: 10 * COMMON_TIME }, reference: { step: 1 } });
    await slower.run();
    expect(slower.of("chainrule").agreement?.steps).toBe(LEAST_COMMON);
    // A round of one step is longer than asked for.
    expect(slower.of("chainrule").stepsPerRound).toBe(1);
    expect(slower.of("chainrule").rates).toHaveLength(ROUNDS);
  });

  it("gives no time to one whose losses differ, however little beyond the tolerance", async () => {
    const off = (share: number) => ({ step: 1, loss: (step: number) => (1 / step) * (step === 7 ? 1 + share : 1) });
    const right = stage({ chainrule: off(0.9 * TOLERANCE), reference: { step: 1 } });
    await right.run();
    expect(right.of("chainrule").fault).toBeUndefined();
    expect(right.of("chainrule").agreement?.difference).toBeCloseTo(0.9 * TOLERANCE, 12);
    const wrong = stage({
      chainrule: off(1.1 * TOLERANCE),
      tfjs: { step: 1, loss: () => Number.NaN },
      reference: { step: 1 },
    });
    await wrong.run();
    expect(wrong.of("chainrule")).toMatchObject({ rates: [], fault: expect.stringContaining("by up to 1.1e-3") });
    expect(wrong.of("tfjs")).toMatchObject({ rates: [], fault: expect.stringContaining("by up to Infinity") });
    expect(wrong.of("reference").rates).toHaveLength(ROUNDS);
  });

  it("gives no time to one that ends elsewhere in another round", async () => {
    const { run, of } = stage({
      chainrule: { step: 1, loss: (step, round) => (round === 3 ? 2 : 1) / step },
      reference: { step: 1 },
    });
    await run();
    expect(of("chainrule")).toMatchObject({
      rates: [],
      fault: "loss 0.02 after 100 steps, but 0.01 in an earlier round",
    });
    expect(of("reference").rates).toHaveLength(ROUNDS);
  });

  it("says why one has no time that cannot take part, and times the others", async () => {
    const { run, of, disposed } = stage({
      chainrule: { step: 1 },
      tfjs: new Error("Failed to fetch"),
      reference: { step: 2 },
    });
    await run();
    expect(of("tfjs")).toEqual({ contestant: "tfjs", fault: "Failed to fetch", rates: [] });
    expect([of("chainrule").rates, of("reference").rates].map(({ length }) => length)).toEqual([ROUNDS, ROUNDS]);
    expect(disposed).toEqual(["chainrule", "reference"]);
  });

  it("has nothing to compare with where the reference fails, and gives no time", async () => {
    const { run, of } = stage({ chainrule: { step: 1 }, reference: new Error("no") });
    await run();
    expect(of("chainrule")).toMatchObject({ rates: [], agreement: { steps: 0 } });
  });

  it("ends when it is told so, and leaves nobody at work", async () => {
    const { race, run, labels, disposed } = stage({ chainrule: { step: 1 }, reference: { step: 1 } });
    const { push } = labels;
    labels.push = (label) => {
      if (label === "round 2 of 5") throw new Error("stopped");
      return push.call(labels, label);
    };
    await expect(run()).rejects.toThrow("stopped");
    expect(disposed).toEqual(["chainrule", "reference"]);
    expect(race.timings.map(({ rates }) => rates.length)).toEqual([1, 1]);
  });
});
