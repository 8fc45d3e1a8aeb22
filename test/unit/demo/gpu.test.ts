import { h } from "preact";
import { describe, expect, it } from "vitest";
import { medianOf } from "../../../demo/src/pages/gpu/benchmark.ts";
import { checkNetworks } from "../../../demo/src/pages/gpu/check-networks.ts";
import { CheckPanel } from "../../../demo/src/pages/gpu/check-panel.tsx";
import {
  BOUND,
  Comparison,
  differingBits,
  type groups,
  largestOf,
  mergeFindings,
  STEPS,
} from "../../../demo/src/pages/gpu/compare.ts";
import { agreementOf } from "../../../demo/src/pages/gpu/race.ts";
import { textOf } from "../../../demo/src/pages/gpu/report.ts";
import { logScale } from "../../../demo/src/pages/gpu/scale.ts";
import type { CheckedRun } from "../../../demo/src/pages/gpu/self-check.ts";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { shownText } from "./shown-text.ts";

describe("the comparison of the self-check", () => {
  const finding = (got: readonly number[], expected: readonly number[], group: (typeof groups)[number]) => {
    const comparison = new Comparison();
    comparison.add(group, "t", STEPS, got, expected);
    return comparison.findings[0];
  };

  it("passes what differs by less than the bound of its scale, and fails what differs by more", () => {
    expect(finding([2, 100 * (1 + 0.9 * BOUND)], [2, 100], "parameters")).toMatchObject({ passed: true, values: 2 });
    expect(finding([2, 100 * (1 + 1.1 * BOUND)], [2, 100], "parameters")?.passed).toBe(false);
    // A sum that cancels is as wrong as its terms, around 1.
    expect(finding([1e-3 + 0.9 * BOUND], [1e-3], "gradients")?.passed).toBe(true);
    expect(finding([1e-3 + 0.9 * BOUND], [1e-3], "parameters")?.passed).toBe(false);
    expect(finding([1e-3 + 1.1 * BOUND], [1e-3], "gradients")?.passed).toBe(false);
  });

  it("fails any difference in the rows of a batch, and what is no number or not there", () => {
    expect(finding([3, 1], [3, 1], "batch")?.passed).toBe(true);
    expect(finding([3, 1], [3, 2], "batch")?.passed).toBe(false);
    expect(finding([Number.NaN], [1], "parameters")).toMatchObject({ passed: false, difference: Infinity });
    expect(finding([Number.NaN], [Number.NaN], "loss")?.passed).toBe(false);
    expect(finding([1], [1, 2], "activations")?.passed).toBe(false);
  });

  it("keeps the farthest of a group, over the steps and over the runs", () => {
    const comparison = new Comparison();
    comparison.add("state", "state_W1", 10, [4], [4]);
    comparison.add("state", "state_W1", 20, [1 + 2 * BOUND], [1]);
    comparison.add("state", "state_W2", 20, [1], [1]);
    const [state] = comparison.findings;
    // Measured against 4, which it was at step 10.
    expect(state).toMatchObject({ tensor: "state_W1", step: 20, values: 3, passed: true });
    expect(state?.difference).toBeCloseTo(BOUND / 2, 12);
    const other = new Comparison();
    other.add("state", "state_b1", 30, [1], [2]);
    expect(mergeFindings([comparison.findings, other.findings])).toEqual([
      { group: "state", tensor: "state_b1", step: 30, values: 4, difference: 0.5, passed: false },
    ]);
  });

  it("counts the numbers whose bits differ", () => {
    expect(differingBits(Float32Array.of(0, 1, 2), Float32Array.of(0, 1, 2))).toBe(0);
    expect(differingBits(Float32Array.of(0, 1, 2), Float32Array.of(-0, 1, 2 + 2 ** -22))).toBe(2);
    expect(differingBits(Float32Array.of(0, 1), Float32Array.of(0))).toBe(1);
  });

  it.each(checkNetworks.map((one) => [one.name, one] as const))(
    "never meets a kink of a relu in %s",
    async (_, one) => {
      const { options } = one;
      const trainer = createReferenceTrainer({ ...options, fuse: false });
      const layers = options.model.layers.flatMap(({ activation }, i) => (activation === "relu" ? [`z${i + 1}`] : []));
      for (let step = 0; step < STEPS; step++) {
        const { loss } = await trainer.step();
        expect(loss).toBeLessThan(10);
        for (const name of layers) {
          const { data } = await trainer.read(name);
          const least = Math.min(...Array.from(data, Math.abs));
          // Ten times farther from 0 than the two may be apart.
          expect(least).toBeGreaterThan(10 * BOUND * largestOf(data));
        }
      }
    },
  );
});

describe("the table of the self-check", () => {
  it("calls a network too large for a plan only when all plans were run", () => {
    const repeated = { values: 1, differing: 0 };
    const given = { network: "n", about: "", dispatches: 9, findings: [], passed: true };
    const run: CheckedRun = { ...given, plan: "textbook", repeated };
    const textOfCheck = (complete: boolean) => {
      const check = { runs: [run], complete, passed: true, seconds: 1 };
      return shownText(h(CheckPanel, { check, work: undefined, disabled: false, onRun() {}, onStop() {} }));
    };
    expect(textOfCheck(false)).toMatch(/……$/);
    expect(textOfCheck(true)).toMatch(/too largetoo large$/);
  });
});

describe("the figures of the benchmark", () => {
  it("compare the losses of the steps that both have taken", () => {
    expect(agreementOf([1, 2.002], [1, 2, 3])).toEqual({ steps: 2, difference: expect.closeTo(1e-3, 12) });
    expect(agreementOf([1, Number.NaN], [1, 2]).difference).toBe(Infinity);
    expect(agreementOf([], [1]).difference).toBe(Infinity);
  });

  it("are medians on a scale of whole powers of ten", () => {
    expect([medianOf([3, 1, 2]), medianOf([4, 1, 2, 3]), medianOf([])]).toEqual([2, 2.5, undefined]);
    const scale = logScale([52, 216_000]);
    expect(scale.ticks).toEqual([10, 100, 1000, 10_000, 100_000, 1_000_000]);
    expect([scale.at(10), scale.at(1e6), scale.at(1), scale.at(0), scale.at(Infinity)]).toEqual([0, 1, 0, 0, 1]);
    expect(scale.at(1000)).toBeCloseTo(0.4, 12);
    expect(logScale([]).ticks).toEqual([1, 10]);
  });

  it("are text in the report where they are no number", () => {
    const benchmark = {
      networks: [{ network: "n", timings: [{ contestant: "tfjs" as const, rates: [Infinity] }] }],
      tfjs: undefined,
      complete: true,
      seconds: 1,
    };
    const text = textOf({ page: "p", date: "d", versions: { chainrule: "1.2.3" }, userAgent: "u", benchmark });
    expect(JSON.parse(text).benchmark.networks[0].timings[0].rates).toEqual(["Infinity"]);
  });
});
