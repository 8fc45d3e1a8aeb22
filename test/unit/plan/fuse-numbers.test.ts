import { describe, expect, it } from "vitest";
import { initialControl } from "../../../src/kernels/control.ts";
import { type Activation, activations } from "../../../src/model/activation.ts";
import { type Dense, dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { buildEvaluatePlan, buildPredictPlan } from "../../../src/plan/build.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import { fuse } from "../../../src/plan/passes/fuse.ts";
import { createReference, type Reference } from "../../../src/reference/run.ts";
import {
  BATCH,
  decaying,
  fullyFrozen,
  half,
  INPUTS,
  type Network,
  networks,
  optimizersOf,
  ROWS,
  runOf,
  softmax,
  trained,
} from "../../helpers/networks.ts";
import { recordOf, trainReference } from "../../helpers/reference.ts";
import { expectSameState, expectSameTraining, filled, STEPS, shared } from "./fuse-numbers.ts";

describe("same numbers, fewer steps", () => {
  const pairs = trained.map((network, index) => ({ name: network.name, network, some: optimizersOf(index) }));
  describe.each(pairs)("$name", ({ network, some }) => {
    it.each(some)("%s", (_, optimizer) => expectSameTraining(network, optimizer));
  });

  it.each(fullyFrozen)("nothing to train: $name", (network) => {
    for (const [, optimizer] of optimizersOf(1)) expectSameTraining(network, optimizer);
  });

  it("learns: neither plan stands still", () => {
    const reference = trainReference({ ...runOf(networks[1] as Network, decaying), fuse: true });
    const before = ["W1", "b1", "W2", "b2"].map((name) => reference.tensor(name).slice());
    reference.step();
    for (const [index, name] of ["W1", "b1", "W2", "b2"].entries()) {
      expect(reference.tensor(name)).not.toEqual(before[index]);
    }
  });

  it("takes the rows as they are stored where the order is not shuffled", () => {
    const run = { ...runOf(networks[1] as Network, decaying), shuffle: false };
    const [textbook, fused] = [trainReference(run), trainReference({ ...run, fuse: true })];
    for (let step = 1; step <= STEPS; step++) for (const reference of [textbook, fused]) reference.step();
    fused.close();
    expectSameState(fused, textbook);
    expect(filled(fused, "order")).toEqual([20, 21, 22]);
  });
});

describe("the ring of a fused plan", () => {
  const start = () => trainReference({ ...runOf(networks[1] as Network, decaying), fuse: true });

  it("gets the line of a step when the next one begins, or the submit ends", () => {
    const reference = start();
    reference.step();
    expect(recordOf(reference, 1).step).toBe(0);
    reference.step();
    expect([recordOf(reference, 1).step, recordOf(reference, 2).step]).toEqual([1, 0]);
    reference.close();
    expect([recordOf(reference, 1).step, recordOf(reference, 2).step]).toEqual([1, 2]);
  });

  it("stays as it is however many submits end after a step", () => {
    const reference = start();
    for (let step = 1; step <= 3; step++) reference.step();
    reference.close();
    const before = reference.tensor("ring").slice();
    reference.close();
    expect(reference.tensor("ring")).toEqual(before);
  });

  it("stays empty before the first step", () => {
    const reference = start();
    reference.close();
    expect(reference.tensor("ring").every((word) => word === 0)).toBe(true);
  });

  it("goes round and round", () => {
    const { plan } = trainReference({
      ...runOf({ ...(networks[0] as Network), layers: [dense(1)], loss: half }, decaying),
      fuse: true,
    });
    const reference = createReference(
      plan,
      initialControl({ optimizer: decaying, dataRows: ROWS, batch: BATCH, seed: 0 }),
    );
    for (let step = 1; step <= 1025; step++) reference.step();
    reference.close();
    expect([recordOf(reference, 1024).step, recordOf(reference, 1).step, recordOf(reference, 2).step]).toEqual([
      1024, 1025, 2,
    ]);
  });
});

describe("the fused plans that judge and predict", () => {
  const CAPACITY = 8;

  it.each(trained)("give what the textbook's give, with fewer dispatches: $name", ({ layers, loss }) => {
    const resolved = resolveLayers(sequential(layers), INPUTS, loss);
    const run = runOf({ name: "", layers, loss, dispatches: 0 }, decaying);
    const spec = { layers: resolved, loss, batch: CAPACITY };
    for (const build of [buildEvaluatePlan, buildPredictPlan]) {
      const textbook = build(spec);
      const fused = fuse(textbook);
      expect(() => checkPlan(fused)).not.toThrow();
      expect(JSON.parse(JSON.stringify(fused))).toStrictEqual(fused);
      expect(fused.closing).toEqual([]);
      const hidden = resolved.filter(({ activation }) => activation !== "identity").length;
      expect(textbook.steps.length - fused.steps.length).toBe(hidden);
      const references = [fused, textbook].map((plan) => {
        const control = initialControl({ optimizer: decaying, dataRows: ROWS, batch: CAPACITY, seed: 0 });
        const reference = createReference(plan, { ...control, step: 1, rows: 5 }, "float64");
        for (const [name, values] of Object.entries(run.parameters)) reference.set(name, values);
        reference.tensor("x").set(Array.from(run.inputs).slice(0, CAPACITY * INPUTS));
        if (plan.mode === "evaluate") {
          const y = reference.tensor("y");
          y.set(Array.from(run.targets).slice(0, y.length));
        }
        reference.step();
        reference.close();
        return reference;
      });
      expectSameState(references[0] as Reference, references[1] as Reference);
      expect(shared(fused, textbook)).toContain("o");
    }
  });

  it("hold all parameters, and say which tensors are gone", () => {
    const layers = resolveLayers(sequential([dense(3, "tanh"), dense(2)]), INPUTS, softmax);
    const plan = fuse(buildPredictPlan({ layers, loss: softmax, batch: 8 }));
    expect(Object.keys(plan.tensors)).toEqual(["control", "x", "W1", "b1", "h1", "W2", "b2", "o"]);
    expect(plan.removed).toEqual({ z1: "fuse" });
    expect(plan.aliases).toEqual({ h2: "o", z2: "o" });
  });
});

/** Every activation is hidden somewhere and an output somewhere, else the table proves less than it says. */
it("the networks cover every activation, hidden, as a narrow and as a wide output", () => {
  const found = (pick: (network: Network) => readonly Dense[]) =>
    new Set<Activation>(networks.flatMap((network) => pick(network).map(({ activation }) => activation)));
  const outputs = (wide: boolean) => (network: Network) =>
    network.layers.slice(-1).filter(({ units }) => units > 32 === wide);
  const all = new Set(activations);
  expect(found(({ layers }) => layers.slice(0, -1))).toEqual(all);
  expect(found(outputs(false))).toEqual(all);
  expect(found(outputs(true))).toEqual(all);
});
