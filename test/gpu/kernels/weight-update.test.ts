import { describe, expect, test } from "vitest";
import { workgroupsOf } from "../../../src/kernels/index.ts";
import type { UpdateVariant } from "../../../src/kernels/weight-update.ts";
import { stateWidths } from "../../../src/model/optimizer.ts";
import { expectSameBits, UNIT_ROUNDOFF, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import {
  type Case,
  callOf,
  controlOf,
  expectTwin,
  expectTwins,
  random,
  runOnCpu,
  runOnGpu,
} from "../../helpers/gpu.ts";
import { updateErrors } from "../../helpers/tolerances.ts";
import { controlAt, stateOf } from "../../helpers/update.ts";

const device = await useDevice();

/** λ̃ = λ or λ|B| is in the control block, so that both decays run the same code. */
const variants: readonly UpdateVariant[] = (["sgd", "momentum", "adam", "adamw"] as const).flatMap((optimizer) => [
  { optimizer, decay: false },
  { optimizer, decay: "per-batch" },
  { optimizer, decay: "per-step" },
]);

function update(variant: UpdateVariant, elements: number, t = 1, room = elements): Case<"weightUpdate"> {
  const values: Record<string, Words> = { g: random(room, 1, 3), parameter: random(room, 2) };
  if (variant.optimizer !== "sgd") values.state = stateOf(variant.optimizer, room, 3, t);
  return { kernel: "weightUpdate", variant, dims: { elements }, control: controlAt(t, 5), values };
}

function tolerances({ variant, control, values }: Case<"weightUpdate">) {
  const c = controlOf(control);
  const width = stateWidths[variant.optimizer];
  const errorsOf = (i: number) =>
    updateErrors(variant, c, {
      omega: values.parameter?.[i] ?? 0,
      g: values.g?.[i] ?? 0,
      gError: 0,
      state: [values.state?.[width * i] ?? 0, values.state?.[width * i + 1] ?? 0],
    });
  return {
    parameter: (i: number) => errorsOf(i).parameter,
    state: (index: number) => errorsOf(Math.floor(index / width)).state[index % width === 0 ? 0 : 1],
  };
}

describe.each(variants)("weightUpdate $optimizer, decay $decay", (variant) => {
  test.each([1, 63, 64, 65, 33 * 17])(
    "equals the reference over %i elements, first and later steps",
    async (elements) => {
      const cases = [1, 2, 1000].map((t) => update(variant, elements, t));
      await expectTwins(device, cases, tolerances);
    },
  );

  test("writes no element beyond its size", async () => {
    const given = update(variant, 65, 2, 192);
    const { written } = await runOnGpu(device, given);
    for (const [name, values] of Object.entries(written)) {
      const end = (65 * values.length) / 192;
      expect(values.slice(end)).toEqual(given.values[name]?.slice(end));
      expect(values.slice(0, end)).not.toEqual(given.values[name]?.slice(0, end));
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
  await expectTwin(device, given, tolerances(given));
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
