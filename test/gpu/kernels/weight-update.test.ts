import { afterAll, describe, expect, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import type { ControlValues } from "../../../src/kernels/control.ts";
import { workgroupsOf } from "../../../src/kernels/index.ts";
import type { WeightUpdateVariant } from "../../../src/kernels/weight-update.ts";
import { expectSameBits, gamma, UNIT_ROUNDOFF, type Words } from "../../helpers/compare.ts";
import { type Case, callOf, controlOf, expectTwin, random, runOnCpu, runOnGpu } from "../../helpers/gpu.ts";

const device = await openDevice();
afterAll(() => device.destroy());

/** λ̃ = λ or λ|B| is in the control block, so that both decays run the same code. */
const variants: readonly WeightUpdateVariant[] = (["sgd", "momentum", "adam", "adamw"] as const).flatMap(
  (optimizer) => [
    { optimizer, decay: false },
    { optimizer, decay: "per-batch" },
    { optimizer, decay: "per-step" },
  ],
);

/** The control block of step t. */
const controlAt = (t: number): Partial<ControlValues> => ({
  rows: 5,
  learningRate: 0.05,
  decay: 0.3,
  momentum: 0.9,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  correction1: 1 - 0.9 ** t,
  correction2: 1 - 0.999 ** t,
});

function update(variant: WeightUpdateVariant, elements: number, t = 1, room = elements): Case<"weightUpdate"> {
  const values: Record<string, Words> = { g: random(room, 1, 3), parameter: random(room, 2) };
  const moments = variant.optimizer === "adam" || variant.optimizer === "adamw";
  if (moments) values.m = t === 1 ? new Float32Array(room) : random(room, 3, 0.1);
  if (variant.optimizer === "momentum") values.v = random(room, 4, 0.1);
  if (moments) values.v = t === 1 ? new Float32Array(room) : random(room, 4, 0.1).map(Math.abs);
  return { kernel: "weightUpdate", variant, dims: { elements }, control: controlAt(t), values };
}

/**
 * γ₁₂ over the sum of the magnitudes that each formula adds: none meets more than 12 roundings, a division (2.5 ulp, or 5
 * roundings) counted as such. Adam's quotient has the relative errors of m̂ and of √v̂, the root itself 4.5 ulp.
 */
function tolerances(given: Case<"weightUpdate">) {
  const { optimizer, decay } = given.variant;
  const c = controlOf(given.control);
  const at = (name: string, i: number) => Math.abs(given.values[name]?.[i] ?? 0);
  const shrink = decay ? (c.learningRate * c.decay) / c.rows : 0;
  const coupled = decay && optimizer !== "adamw" ? c.decay : 0;
  const mean = (i: number) => (at("g", i) + coupled * at("parameter", i)) / c.rows;
  const few = gamma(12);
  if (optimizer === "sgd") {
    return {
      parameter: (i: number) => few * ((1 + shrink) * at("parameter", i) + (c.learningRate / c.rows) * at("g", i)),
    };
  }
  if (optimizer === "momentum") {
    const velocity = (i: number) => c.momentum * at("v", i) + mean(i);
    return {
      v: (i: number) => few * velocity(i),
      parameter: (i: number) => few * (at("parameter", i) + c.learningRate * velocity(i)),
    };
  }
  const first = (i: number) => c.beta1 * at("m", i) + (1 - c.beta1) * mean(i);
  // Both factors of ĝ² carry its error.
  const second = (i: number) => c.beta2 * at("v", i) + 2 * (1 - c.beta2) * mean(i) ** 2;
  const expected = runOnCpu(given).written;
  return {
    m: (i: number) => few * first(i),
    v: (i: number) => few * second(i),
    parameter: (i: number) => {
      const v = expected.v?.[i] ?? 0;
      const root = Math.sqrt(v / c.correction2) + c.epsilon;
      const quotient = first(i) / c.correction1 / root;
      const relative = 2 * few + (v > 0 ? (few * second(i)) / (2 * v) : 0);
      return few * (1 + shrink) * at("parameter", i) + relative * c.learningRate * quotient;
    },
  };
}

describe.each(variants)("weightUpdate $optimizer, decay $decay", (variant) => {
  test.each([1, 63, 64, 65, 33 * 17])(
    "equals the reference over %i elements, first and later steps",
    async (elements) => {
      for (const t of [1, 2, 1000]) {
        const given = update(variant, elements, t);
        await expectTwin(device, given, tolerances(given));
      }
    },
  );

  test("writes no element beyond its size", async () => {
    const given = update(variant, 65, 2, 192);
    const { written } = await runOnGpu(device, given);
    for (const [name, values] of Object.entries(written)) {
      expect(values.slice(65)).toEqual(given.values[name]?.slice(65));
      expect(values.slice(0, 65)).not.toEqual(given.values[name]?.slice(0, 65));
    }
  });

  test("writes nothing once the run has halted", async () => {
    const given = update(variant, 65, 2);
    const { written } = await runOnGpu(device, { ...given, control: { ...given.control, halted: 1 } });
    for (const [name, values] of Object.entries(written)) expectSameBits(name, values, given.values[name] as Words);
  });
});

test("weightUpdate › reaches every element when the workgroups outnumber one dimension of a grid", async () => {
  const given = update({ optimizer: "sgd", decay: false }, 65_535 * 64 + 65);
  expect(workgroupsOf(callOf(given))[1]).toBeGreaterThan(1);
  const few = gamma(12);
  const [g, w] = [given.values.g ?? [], given.values.parameter ?? []];
  await expectTwin(device, given, {
    parameter: (i) => few * (Math.abs(w[i] ?? 0) + 0.01 * Math.abs(g[i] ?? 0)),
  });
});

/**
 * A step's decay is often smaller than half an ulp of the weight: η = 0.01, λ = 10⁻⁴ and |B| = 32 shrink it by 3·10⁻⁸. As a
 * factor 1 − ηλ/|B|, rounded by itself, it becomes nothing or twice what it is, in every step alike. Added to the gradient
 * before the one rounding of the weight, it survives on average. Here over many weights in one step: the mean error of n
 * independent roundings of at most half an ulp of a number below 1 is below 6u/√(12n), which is six deviations.
 */
describe.each(["sgd", "momentum", "adam", "adamw"] as const)("weightUpdate %s", (optimizer) => {
  test("loses no decay that is smaller than the spacing of the weights", async () => {
    const elements = 65_536;
    const base = update({ optimizer, decay: "per-batch" }, elements, 1000);
    const parameter = random(elements, 5, 0.25).map((value) => 0.75 + value);
    const given: Case<"weightUpdate"> = {
      ...base,
      control: { ...base.control, rows: 32, learningRate: 0.01, decay: 1e-4 },
      values: { ...base.values, parameter },
    };
    const double = runOnCpu(given, (values) => Float64Array.from(values)).written.parameter ?? [];
    const { written } = await runOnGpu(device, given);
    const errors = Array.from(written.parameter ?? [], (value, i) => value - (double[i] ?? Number.NaN));
    const mean = errors.reduce((sum, value) => sum + value, 0) / elements;
    const tolerance = (6 * UNIT_ROUNDOFF) / Math.sqrt(12 * elements);
    expect(Math.abs(mean), `mean error ${mean}`).toBeLessThanOrEqual(tolerance);
  });
});
