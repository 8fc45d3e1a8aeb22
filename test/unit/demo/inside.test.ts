import { describe, expect, it } from "vitest";
import { differencesOf } from "../../../demo/src/pages/inside/difference.ts";
import { scalesOf } from "../../../demo/src/pages/inside/scales.ts";
import { fromQuery } from "../../../demo/src/pages/inside/state.ts";
import {
  cases,
  expectArithmetic,
  expectDoubled,
  expectShares,
  expectStops,
  expectSwallowed,
  outputs,
  pairs,
  recordOf,
  titleOf,
} from "./inside.ts";

describe.each(pairs.map((one) => [titleOf(one), one] as const))("inside a step of %s", (_, network) => {
  it("gives every textbook dispatch the fused ones that do its work, and no fused one is idle", () =>
    expectSwallowed(network));

  it("stops at every dispatch, and never reads what no stop before has written", () => expectStops(network));

  it("writes out arithmetic that gives each number", () => expectArithmetic(network));

  it("tells differences as shares of the magnitudes added up, which are no less than what they add up to", () =>
    expectShares(network));

  it("shows a gradient that is twice as large", () => expectDoubled(network));
});

it("takes no rate out of an address that is 0 in float32, by which nothing is trained", () => {
  const rateOf = (text: string) => fromQuery(new URLSearchParams({ rate: text })).rate;
  expect([rateOf("1e-300"), rateOf("1e-46"), rateOf("1e-45")]).toEqual([0.5, 0.5, 1e-45]);
});

it("each two options that any network has are those of one of these", () => {
  const met = (from: typeof cases) =>
    new Set(
      from.flatMap((one) => {
        const words = [`${one.hidden.length} hidden`, one.activation, one.loss, `λ ${one.decay}`];
        return words.flatMap((word, index) => words.slice(index + 1).map((other) => `${word}, ${other}`));
      }),
    );
  expect(met(pairs)).toEqual(met(cases));
});

it("a sum that cancels is measured by its terms", async () => {
  const network = { hidden: [], activation: "identity", output: "identity", loss: "squaredError", decay: 0 } as const;
  const { tensors, ...others } = await recordOf(network);
  const [o, y] = [tensors.o, tensors.y];
  if (!o || !y) throw new Error("the step has no output");
  const columns = Array.from({ length: outputs }, (_, unit) =>
    o.cpu.reduce((sum, one, i) => (i % outputs === unit ? sum + Math.abs(one) + Math.abs(y.cpu[i] ?? 0) : sum), 0),
  );
  const terms = scalesOf({ ...others, tensors })("db1");
  // Of o itself the terms are Wx and b.
  expect(terms).toBeGreaterThanOrEqual(Math.max(...columns) * (1 - 1e-6));
  const db1 = { shape: [outputs], cpu: new Float32Array(outputs), gpu: Float32Array.of(1e-7, 0) };
  const { relative } = differencesOf({ ...others, tensors: { ...tensors, db1 } }).db1 ?? {};
  expect(relative).toBeCloseTo(1e-7 / terms, 12);
});
