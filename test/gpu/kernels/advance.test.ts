import { describe, expect, test } from "vitest";
import { type ControlValues, controlNames, encodeControl, initialControl } from "../../../src/kernels/control.ts";
import { adam, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { cosine, type Schedule, stepDecay } from "../../../src/model/schedule.ts";
import { expectClose, UNIT_ROUNDOFF } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, controlOf, runOnCpu, runOnGpu } from "../../helpers/gpu.ts";

const device = await useDevice();

const rate = 0.1;
const schedules: Readonly<Record<string, Schedule>> = {
  constant: sgd({ learningRate: rate }).schedule,
  step: stepDecay({ learningRate: rate, every: 4, factor: 0.7 }),
  "step, every time": stepDecay({ learningRate: rate, every: 1, factor: 0.9 }),
  cosine: cosine({ learningRate: rate, steps: 17 }),
  "cosine with warm-up": cosine({ learningRate: rate, steps: 19, warmup: 5, finalLearningRate: 0.003 }),
  "cosine, warm-up to the end": cosine({ learningRate: rate, steps: 6, warmup: 5, finalLearningRate: 0.02 }),
};

const begin = (optimizer: Optimizer, control: Partial<ControlValues>): Case<"advance"> => ({
  kernel: "advance",
  variant: { schedule: optimizer.schedule.kind, decay: optimizer.decay },
  dims: { rows: 100 },
  control,
  values: {},
});

/** The control block after each of `steps` steps on the GPU and on the CPU, each going on from its own. */
async function follow(optimizer: Optimizer, steps: number, dataRows = 130, batch = 50) {
  const initial = controlOf(initialControl({ optimizer, dataRows, batch, seed: 42 }));
  const states = [];
  let [got, expected] = [initial, initial];
  for (let t = 0; t < steps; t++) {
    got = (await runOnGpu(device, begin(optimizer, got))).control;
    expected = runOnCpu(begin(optimizer, expected)).control;
    states.push({ got, expected });
  }
  return states;
}

/** Fields that are whole numbers or copied: equal to the twin's bit for bit. */
const exact = controlNames.filter((name) => !["learningRate", "correction1", "correction2"].includes(name));

describe.each(Object.entries(schedules))("advance %s", (_, schedule) => {
  test.each(["per-batch", "per-step"] as const)("equals the reference step by step, decay %s", async (decay) => {
    const optimizer = adam({ learningRate: schedule, weightDecay: 0.3, decay });
    const states = await follow(optimizer, 24);
    states.forEach(({ got, expected }, t) => {
      const rounded = controlOf(expected);
      for (const name of exact) expect([t, name, got[name]]).toEqual([t, name, rounded[name]]);
      // "step" multiplies t/every times; cosine evaluates a polynomial of some 12 roundings and an error of 6e-8.
      const error = schedule.kind === "step" ? (t + 2) * UNIT_ROUNDOFF : 16 * UNIT_ROUNDOFF;
      expectClose(`η of step ${t}`, [got.learningRate], [expected.learningRate], rate * error);
      // c ← βc + (1 − β): three roundings a step, each at most u·c, as all terms are positive; β and 1 − β are the twin's, rounded.
      for (const name of ["correction1", "correction2"] as const) {
        expectClose(
          `${name} of step ${t}`,
          [got[name]],
          [expected[name]],
          3 * (t + 1) * UNIT_ROUNDOFF * expected[name],
        );
      }
    });
  });
});

describe("advance", () => {
  test("a constant learning rate is exact in every step", async () => {
    const states = await follow(sgd({ learningRate: rate }), 3);
    expect(states.map(({ got }) => got.learningRate)).toEqual(Array(3).fill(Math.fround(rate)));
  });

  test("takes each row of an epoch once, the last batch partial", async () => {
    for (const [dataRows, batch] of [
      [130, 100],
      [5, 5],
      [5, 1],
      [64, 63],
      [33, 32],
    ] as const) {
      const steps = Math.ceil(dataRows / batch);
      const states = await follow(sgd({ learningRate: rate }), 2 * steps, dataRows, batch);
      const places = states.map(({ got }) => [got.step, got.epoch, got.start, got.rows]);
      const expected = states.map((_, t) => {
        const start = (t % steps) * batch;
        return [t + 1, Math.floor(t / steps), start, Math.min(batch, dataRows - start)];
      });
      expect(places).toEqual(expected);
    }
  });

  test("does nothing once the run has halted", async () => {
    const optimizer = adam({ learningRate: schedules.step ?? rate, weightDecay: 0.3 });
    const control = controlOf({
      ...initialControl({ optimizer, dataRows: 130, batch: 50, seed: 1 }),
      step: 7,
      epoch: 2,
      start: 50,
      rows: 50,
      correction1: 0.5,
      correction2: 0.25,
      halted: 1,
    });
    const { control: after } = await runOnGpu(device, begin(optimizer, control));
    expect(encodeControl(after)).toEqual(encodeControl(control));
  });
});
