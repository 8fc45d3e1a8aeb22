import { describe, expect, test } from "vitest";
import { HALTED, SKIPPED } from "../../../src/kernels/control.ts";
import { type Activation, activations } from "../../../src/model/activation.ts";
import { losses } from "../../../src/model/loss.ts";
import { activationFunctions } from "../../../src/reference/activation.ts";
import { gamma, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import {
  blank,
  type Case,
  expectTwins,
  inDouble,
  magnitudes,
  random,
  runAllOnGpu,
  runOnCpu,
  runOnGpu,
} from "../../helpers/gpu.ts";
import { halfLabel, halved, storedError } from "../../helpers/half.ts";
import {
  batch,
  DATA_ROWS,
  expectDeltas,
  expectForward,
  type Forward,
  forward,
  lossScale,
  lossTolerances,
  outputDeltas,
  type Sizes,
  sizes,
  square,
  tile,
} from "../../helpers/half-cases.ts";
import { targets } from "../../helpers/targets.ts";
import { deltaError } from "../../helpers/tolerances.ts";

const device = await useDevice();

const label = halfLabel(device);

describe(`halve ${label}`, () => {
  test("rounds as the twin does", async () => {
    const cases = [1, 2, 65, 1000].map(
      (elements): Case<"halve"> => ({
        kernel: "halve",
        variant: {},
        dims: { elements },
        values: { parameter: random(elements, 1, 10), copy: halved(blank(elements)) },
        halves: ["copy"],
      }),
    );
    await expectTwins(device, cases, ({ values }) => ({ copy: storedError(values.parameter, () => 0) }));
  });
});

/** Each activation with a bias and gathered rows in one of the two, and without in the other; half.full.test.ts has the rest. */
describe.each(["hidden", "output"] as const)(`layerForward ${label} of a layer that is %s`, (half) => {
  const both = (activation: Activation) => (activations.indexOf(activation) % 2 === 0) === (half === "output");

  test.each(activations.map((activation) => [activation, both(activation)] as const))(
    "equals the reference, %s, bias and gathered rows %s",
    (activation, both) => expectForward(device, { activation, half, bias: both, gather: both, tile }),
  );
});

test(`layerForward ${label} › equals the reference where it is staged`, () =>
  expectForward(device, { activation: "relu", half: "hidden", bias: true, gather: true, tile: square }));

describe(`layerForward ${label}`, () => {
  const variant = { activation: "relu", bias: true, gather: true, half: "hidden", tile } as const;
  /** x w of one row and one column. */
  const single = (x: number, w: number, activation: "relu" | "tanh" = "relu"): Forward => {
    const given = forward({ ...variant, activation }, [1, 1, 1]);
    const values = {
      ...given.values,
      x: new Float32Array(DATA_ROWS).fill(x),
      w: Float32Array.of(w),
      bias: Float32Array.of(0),
    };
    return { ...given, values };
  };

  test.each([
    ["h is the largest f16", single(65504, 1), 0],
    ["h is out of range", single(65505, 1), HALTED],
    ["z is large, but h is not", single(1e30, 2, "tanh"), 0],
    ["z is infinite, which tanh hides", single(3e38, 2, "tanh"), HALTED],
    ["z is infinite, which relu hides", single(-3e38, 2), HALTED],
    ["x is no number", single(Number.NaN, 1), HALTED],
  ])("halts the run where it must: %s", async (_, given, halted) => {
    const { control } = await runOnGpu(device, given);
    expect(control.halted).toBe(halted);
    expect(runOnCpu(given).control.halted).toBe(halted);
  });
});

describe.each(losses)(`the deltas of %s ${label}`, (loss) => {
  test.each([true, false])("outputLoss equals the reference, and scales them, gather %s", (gather) =>
    expectDeltas(
      device,
      [1, 5, 33].map((rows) => outputDeltas({ loss, gather, units: 3 }, rows, rows === 33 ? 17 : 4)),
    ),
  );

  const units = { softmaxCrossEntropy: 19, halfSquaredError: 1 }[loss];
  test(`outputLoss equals the reference, and scales them, ${units} outputs a row`, () =>
    expectDeltas(device, [outputDeltas({ loss, gather: units > 1, units }, 33, 17)]));

  const wide = (o: Words, y: Words, columns: number, scale = lossScale): Case<"loss"> => ({
    kernel: "loss",
    variant: { loss, delta: true, slope: "identity", half: true },
    dims: { rows: o.length / columns, columns },
    control: { rows: o.length / columns, lossScale: scale },
    values: { o, y, scores: blank((2 * o.length) / columns), do: halved(blank(o.length)) },
    halves: ["do"],
  });

  test("loss equals the reference, and scales them", async () => {
    const cases = sizes.map(([rows, columns]) => {
      const y = targets[loss].of(rows, columns, 5);
      return wide(random(rows * columns, 1, 3), y, columns);
    });
    await expectTwins(device, cases, (given) => {
      const { o = new Float32Array(), y } = given.values;
      const exact = Array.from(o, (sum) => ({ sum, error: 0 }));
      const { scores, delta } = lossTolerances(loss, given.dims.columns, exact, y, runOnCpu(given).written.do);
      return { scores, do: delta };
    });
  });

  test("one out of range skips the step, one at its edge does not", async () => {
    const o = Float32Array.of(-100, 100);
    const y = { softmaxCrossEntropy: Uint32Array.of(0), halfSquaredError: Float32Array.of(-100, 99) }[loss];
    // The largest delta is 1 in magnitude.
    const outcomes = await runAllOnGpu(
      device,
      [32_768, 65_504, 65_536].map((scale) => wide(o, y, 2, scale)),
    );
    expect(outcomes.map(({ control }) => control.halted)).toEqual([0, 0, SKIPPED]);
  });
});

describe(`layerBackward ${label}`, () => {
  type Backward = Case<"layerBackward">;
  const backward = (
    activation: (typeof activations)[number],
    [rows, columns, inner]: Sizes,
    actual = rows,
    shared = tile,
  ): Backward => ({
    kernel: "layerBackward",
    variant: { activation, half: true, tile: shared },
    dims: { rows, inner, columns },
    control: { rows: actual, lossScale },
    values: {
      dz: batch(rows, inner, 1, actual),
      w: halved(random(inner * columns, 2)),
      h: halved(random(rows * columns, 3, 3).map(activationFunctions[activation].value)),
      below: halved(blank(rows * columns)),
    },
    halves: ["dz", "w", "h", "below"],
  });

  test.each([
    ...activations.map((activation) => [activation, "", tile] as const),
    ["relu", ", staged", square] as const,
  ])("equals the reference, %s%s", async (activation, _, shared) => {
    const filled = sizes.flatMap((size) => [1, size[0]].map((actual) => ({ size, actual })));
    const cases = filled.map(({ size, actual }) => backward(activation, size, actual, shared));
    const outcomes = await expectTwins(device, cases, (given) => {
      const linear: Backward = { ...given, variant: { activation: "identity", tile } };
      const [sum, dh] = [magnitudes(linear).below, runOnCpu(linear, inDouble).written.below];
      const factor = gamma(given.dims.inner + 2);
      const error = (i: number) =>
        deltaError(activation, dh?.[i] ?? 0, factor * (sum?.[i] ?? 0), given.values.h?.[i] ?? Number.NaN, 0);
      return { below: storedError(runOnCpu(given).written.below, error) };
    });
    filled.forEach(({ size: [rows, columns], actual }, index) => {
      const { written, control } = outcomes[index] ?? {};
      expect(written?.below?.slice(actual * columns)).toEqual(halved(blank((rows - actual) * columns)));
      expect(control?.halted).toBe(0);
    });
  });

  test.each([
    [Float32Array.of(60_000, 5504), 0],
    [Float32Array.of(60_000, 5512), SKIPPED],
    [Float32Array.of(-60_000, -60_000), SKIPPED],
    [Float32Array.of(Number.NaN, 1), SKIPPED],
  ])("a delta out of range skips the step: dz = %o", async (dz, halted) => {
    const given = backward("identity", [1, 1, 2]);
    const values = { ...given.values, dz, w: Float32Array.of(1, 1) };
    const { control } = await runOnGpu(device, { ...given, values });
    expect(control.halted).toBe(halted);
    expect(runOnCpu({ ...given, values }).control.halted).toBe(halted);
  });
});
