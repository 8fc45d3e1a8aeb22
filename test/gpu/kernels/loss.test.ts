import { afterAll, describe, expect, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { gamma, UNIT_ROUNDOFF } from "../../helpers/compare.ts";
import { blank, type Case, expectTwin, random, randomIntegers, runOnGpu } from "../../helpers/gpu.ts";

const device = await openDevice();
afterAll(() => device.destroy());

type Floats = Float32Array<ArrayBuffer>;
type Loss = Case<"loss">["variant"]["loss"];

interface Given {
  readonly rows: number;
  readonly columns: number;
  readonly actual?: number;
  readonly delta?: boolean;
  readonly scale?: number;
  readonly o?: Floats;
  readonly y?: Uint32Array<ArrayBuffer>;
}

function lossOf(loss: Loss, given: Given): Case<"loss"> {
  const { rows, columns, actual = rows, delta = true, scale = 3 } = given;
  const o = given.o ?? random(rows * columns, 1, scale);
  const targets = loss === "softmaxCrossEntropy" ? randomIntegers(rows, 2, columns) : random(rows * columns, 2, scale);
  return {
    kernel: "loss",
    variant: { loss, delta },
    dims: { rows, columns },
    control: { rows: actual },
    values: {
      o,
      y: given.y ?? targets,
      losses: blank(rows),
      hits: blank(rows),
      ...(delta ? { do: blank(rows * columns) } : {}),
    },
  };
}

const ULP = 2 * UNIT_ROUNDOFF;

/**
 * What the accuracies of WGSL's built-in functions allow. With d = o − m ≤ 0, rounded: exp d carries (3 + 2|d|) ulp and
 * |d|/2 ulp of its argument, so that the total is right to Σⱼ pⱼ(3 + 2.5|dⱼ|) ulp + γ_C; log has an absolute error of 2⁻²¹
 * near 1 and of 3 ulp elsewhere; a difference, a sum and the twin's rounding follow.
 */
function softmaxTolerance({ dims, values }: Case<"loss">) {
  const { columns } = dims;
  const rowOf = (i: number) => {
    const o = Array.from(values.o?.slice(i * columns, (i + 1) * columns) ?? []);
    const largest = Math.max(...o);
    const d = o.map((value) => value - largest);
    const total = d.reduce((sum, value) => sum + Math.exp(value), 0);
    const p = d.map((value) => Math.exp(value) / total);
    const spread = d.reduce((sum, value, j) => sum + (p[j] ?? 0) * (3 + 2.5 * -value), 0);
    return { d, p, total, relative: spread * ULP + gamma(columns) };
  };
  return {
    losses: (i: number) => {
      const { d, total, relative } = rowOf(i);
      const log = Math.log(total);
      const shift = -(d[values.y?.[i] ?? 0] ?? 0);
      return (
        relative + Math.max(2 ** -21, 3 * ULP * log) + 2 * UNIT_ROUNDOFF * shift + 2 * UNIT_ROUNDOFF * (log + shift)
      );
    },
    hits: 0,
    // p has the errors of its exp, of the total and 2.5 ulp of the division; then a difference of at most 1 and the twin.
    do: (index: number) => {
      const { d, p, relative } = rowOf(Math.floor(index / columns));
      const [dj, pj] = [d[index % columns] ?? 0, p[index % columns] ?? 0];
      return pj * ((3 + 2.5 * -dj + 2.5) * ULP + relative) + 2 * UNIT_ROUNDOFF;
    },
  };
}

/** Each difference is rounded once; its square, the sum and the half: γ₍C₊₄₎ℓ with the twin's rounding. */
function squaredTolerance({ dims, values }: Case<"loss">) {
  const { columns } = dims;
  const difference = (i: number) => Math.abs((values.o?.[i] ?? 0) - (values.y?.[i] ?? 0));
  return {
    losses: (i: number) => {
      let sum = 0;
      for (let j = i * columns; j < (i + 1) * columns; j++) sum += difference(j) ** 2;
      return (gamma(columns + 4) * sum) / 2;
    },
    hits: 0,
    do: (i: number) => 2 * UNIT_ROUNDOFF * difference(i),
  };
}

const toleranceOf = (given: Case<"loss">) =>
  given.variant.loss === "softmaxCrossEntropy" ? softmaxTolerance(given) : squaredTolerance(given);

describe.each(["softmaxCrossEntropy", "halfSquaredError"] as const)("loss %s", (loss) => {
  describe.each([true, false])("with delta %s", (delta) => {
    test.each([
      [1, 1],
      [1, 129],
      [5, 3],
      [63, 10],
      [64, 2],
      [65, 1],
      [33, 17],
      [17, 19],
    ])("equals the reference over %i rows of %i columns", async (rows, columns) => {
      const given = lossOf(loss, { rows, columns, delta });
      await expectTwin(device, given, toleranceOf(given));
    });

    test("leaves the rows beyond a partial batch as they were", async () => {
      for (const actual of [1, 64, 65]) {
        const given = lossOf(loss, { rows: 70, columns: 3, delta, actual });
        const tolerance = toleranceOf(given);
        const { written } = await expectTwin(device, given, tolerance);
        expect(written.losses?.slice(actual)).toEqual(blank(70 - actual));
        expect(written.hits?.slice(actual)).toEqual(blank(70 - actual));
        if (delta) expect(written.do?.slice(3 * actual)).toEqual(blank(3 * (70 - actual)));
      }
    });
  });

  // Not finite rather than NaN: WGSL leaves open what exp makes of a NaN, and some adapters make it Infinity.
  test("a NaN output gives a loss that is not finite, in its own row only", async () => {
    for (const at of [3, 4, 5]) {
      const o = random(9, 1);
      o[at] = Number.NaN;
      const { written } = await runOnGpu(device, lossOf(loss, { rows: 3, columns: 3, o }));
      expect(Array.from(written.losses ?? [], Number.isFinite)).toEqual([true, false, true]);
    }
  });
});

describe("loss softmaxCrossEntropy", () => {
  test("stays finite and equals the reference at logits of ±1000", async () => {
    const o = Float32Array.of(1000, -1000, 0, 1000, -1000, 0, 1000, 1000, 1000, -1000, -1000, -1000);
    const y = Uint32Array.of(0, 1, 2, 0);
    const given = lossOf("softmaxCrossEntropy", { rows: 4, columns: 3, o, y });
    const { written } = await expectTwin(device, given, toleranceOf(given));
    // exp(−1000) is 0: the losses are exact but for log 3.
    expect([...(written.losses ?? [])].slice(0, 2)).toEqual([0, 2000]);
    expect([...(written.do ?? [])].slice(0, 6)).toEqual([0, 0, 0, 1, -1, 0]);
  });

  test("equals the reference where logits lie far apart", async () => {
    const given = lossOf("softmaxCrossEntropy", { rows: 65, columns: 17, scale: 60 });
    await expectTwin(device, given, toleranceOf(given));
  });

  test("counts the first of equal outputs as the answer", async () => {
    const o = Float32Array.of(1, 2, 2, 1, 2, 2, 2, 2, 2, 3, 3, 1);
    const y = Uint32Array.of(1, 2, 0, 1);
    const given = lossOf("softmaxCrossEntropy", { rows: 4, columns: 3, o, y });
    const { written } = await expectTwin(device, given, toleranceOf(given));
    expect([...(written.hits ?? [])]).toEqual([1, 0, 1, 0]);
  });

  test("an infinite output of another class gives a loss that is not finite", async () => {
    const o = Float32Array.of(Number.POSITIVE_INFINITY, 0, 0, 0, Number.NEGATIVE_INFINITY, 0);
    const { written } = await runOnGpu(
      device,
      lossOf("softmaxCrossEntropy", { rows: 2, columns: 3, o, y: Uint32Array.of(1, 1) }),
    );
    expect(Array.from(written.losses ?? [], Number.isFinite)).toEqual([false, false]);
  });
});
