import { describe, expect, test } from "vitest";
import { type Activation, activations } from "../../../src/model/activation.ts";
import { losses } from "../../../src/model/loss.ts";
import { activationFunctions } from "../../../src/reference/activation.ts";
import { useDevice } from "../../helpers/device.ts";
import {
  blank,
  type Case,
  expectTwin,
  expectTwins,
  type Outcome,
  random,
  randomIntegers,
  runAllOnGpu,
  runOnGpu,
} from "../../helpers/gpu.ts";
import { targets } from "../../helpers/targets.ts";
import { DATA_ROWS } from "../../helpers/tiles.ts";
import { deltaError, rowDeltas, rowErrors } from "../../helpers/tolerances.ts";

const device = await useDevice();

type Floats = Float32Array<ArrayBuffer>;
type Loss = Case<"loss">["variant"]["loss"];

interface Given {
  readonly rows: number;
  readonly columns: number;
  readonly actual?: number;
  readonly delta?: boolean;
  readonly slope?: Activation;
  readonly scale?: number;
  /** Whether the targets are those of all rows; else those of the batch. */
  readonly gather?: boolean;
  readonly o?: Floats;
  readonly y?: Uint32Array<ArrayBuffer>;
}

function lossOf(loss: Loss, given: Given): Case<"loss"> {
  const { rows, columns, actual = rows, delta = true, slope = "identity", scale = 3, gather } = given;
  const o = given.o ?? random(rows * columns, 1, scale).map(activationFunctions[slope].value);
  return {
    kernel: "loss",
    variant: { loss, delta, slope, ...(gather ? { gather } : {}) },
    dims: { rows, columns },
    control: { rows: actual },
    values: {
      o,
      y: given.y ?? targets[loss].of(gather ? DATA_ROWS : rows, columns, 2, scale),
      scores: blank(2 * rows),
      ...(delta ? { do: blank(rows * columns) } : {}),
      ...(gather ? { order: randomIntegers(rows, 4, DATA_ROWS) } : {}),
    },
  };
}

/** Loss and hit of a row are neighbours in `scores`; a delta is a factor of the slope of the output. */
function toleranceOf({ variant, dims, values }: Case<"loss">) {
  const { columns } = dims;
  const rowOf = (i: number) => {
    const o = Array.from(values.o?.slice(i * columns, (i + 1) * columns) ?? []);
    const y = targets[variant.loss].row(values.y ?? new Float32Array(), values.order?.[i] ?? i, columns);
    return { o, y, ...rowErrors(variant.loss, o, y) };
  };
  return {
    scores: (index: number) => (index % 2 === 0 ? rowOf(index / 2).loss : 0),
    do: (index: number) => {
      const row = rowOf(Math.floor(index / columns));
      const j = index % columns;
      const error = row.delta[j] ?? 0;
      if (variant.slope === "identity") return error;
      return deltaError(variant.slope, rowDeltas(variant.loss, row.o, row.y)[j] ?? 0, error, row.o[j] ?? 0, 0);
    },
  };
}

const lossesOf = ({ written }: Outcome) => Array.from(written.scores ?? []).filter((_, index) => index % 2 === 0);
const hitsOf = ({ written }: Outcome) => Array.from(written.scores ?? []).filter((_, index) => index % 2 === 1);

describe.each(losses)("loss %s", (loss) => {
  describe.each([true, false])("with delta %s", (delta) => {
    test("equals the reference whatever the rows and columns", async () => {
      const sizes = [
        [1, 1],
        [1, 129],
        [5, 3],
        [63, 10],
        [64, 2],
        [65, 1],
        [33, 17],
        [17, 19],
      ] as const;
      const cases = sizes.map(([rows, columns]) => lossOf(loss, { rows, columns, delta }));
      await expectTwins(device, cases, toleranceOf);
    });

    test("leaves the rows beyond a partial batch as they were", async () => {
      const filled = [1, 64, 65];
      const cases = filled.map((actual) => lossOf(loss, { rows: 70, columns: 3, delta, actual }));
      const outcomes = await expectTwins(device, cases, toleranceOf);
      filled.forEach((actual, index) => {
        const written = outcomes[index]?.written;
        expect(written?.scores?.slice(2 * actual)).toEqual(blank(2 * (70 - actual)));
        if (delta) expect(written?.do?.slice(3 * actual)).toEqual(blank(3 * (70 - actual)));
      });
    });
  });

  test.each(activations)("multiplies the delta by the slope of %s, out of the output alone", async (slope) => {
    const sizes = [
      [1, 1],
      [65, 3],
      [17, 33],
    ] as const;
    const cases = sizes.map(([rows, columns]) => lossOf(loss, { rows, columns, slope, gather: true }));
    await expectTwins(device, cases, toleranceOf);
  });

  // Not finite rather than NaN: WGSL leaves open what exp makes of an Infinity, and some adapters make it a NaN.
  test("a NaN output gives a loss that is not finite, in its own row only, and halts the run", async () => {
    const cases = [3, 4, 5].map((at) => {
      const o = random(9, 1);
      o[at] = Number.NaN;
      return lossOf(loss, { rows: 3, columns: 3, o });
    });
    const outcomes = await runAllOnGpu(device, cases);
    expect(outcomes.map((one) => lossesOf(one).map(Number.isFinite))).toEqual(cases.map(() => [true, false, true]));
    expect(outcomes.map(({ control }) => control.halted)).toEqual([1, 1, 1]);
  });

  test("halts no run whose losses are finite, nor for what lies beyond a partial batch", async () => {
    const o = random(9, 1).fill(Number.NaN, 6);
    const { control } = await runOnGpu(device, lossOf(loss, { rows: 3, columns: 3, o, actual: 2 }));
    expect(control.halted).toBe(0);
  });

  test("halts no run that is only judged", async () => {
    const o = random(9, 1).fill(Number.NaN);
    const { control } = await runOnGpu(device, lossOf(loss, { rows: 3, columns: 3, o, delta: false }));
    expect(control.halted).toBe(0);
  });
});

describe("loss softmaxCrossEntropy", () => {
  test("stays finite and equals the reference at logits of ±1000", async () => {
    const o = Float32Array.of(1000, -1000, 0, 1000, -1000, 0, 1000, 1000, 1000, -1000, -1000, -1000);
    const y = Uint32Array.of(0, 1, 2, 0);
    const given = lossOf("softmaxCrossEntropy", { rows: 4, columns: 3, o, y });
    const outcome = await expectTwin(device, given, toleranceOf(given));
    // exp(−1000) is 0: the losses are exact but for log 3.
    expect(lossesOf(outcome).slice(0, 2)).toEqual([0, 2000]);
    expect([...(outcome.written.do ?? [])].slice(0, 6)).toEqual([0, 0, 0, 1, -1, 0]);
  });

  test("equals the reference where logits lie far apart", async () => {
    const given = lossOf("softmaxCrossEntropy", { rows: 65, columns: 17, scale: 60 });
    await expectTwin(device, given, toleranceOf(given));
  });

  test("counts the first of equal outputs as the answer", async () => {
    const o = Float32Array.of(1, 2, 2, 1, 2, 2, 2, 2, 2, 3, 3, 1);
    const y = Uint32Array.of(1, 2, 0, 1);
    const given = lossOf("softmaxCrossEntropy", { rows: 4, columns: 3, o, y });
    expect(hitsOf(await expectTwin(device, given, toleranceOf(given)))).toEqual([1, 0, 1, 0]);
  });

  test("an infinite output of another class gives a loss that is not finite", async () => {
    const o = Float32Array.of(Number.POSITIVE_INFINITY, 0, 0, 0, Number.NEGATIVE_INFINITY, 0);
    const outcome = await runOnGpu(
      device,
      lossOf("softmaxCrossEntropy", { rows: 2, columns: 3, o, y: Uint32Array.of(1, 1) }),
    );
    expect(lossesOf(outcome).map(Number.isFinite)).toEqual([false, false]);
    expect(outcome.control.halted).toBe(1);
  });
});
