import { describe, expect, it } from "vitest";
import { initialControl } from "../../../src/kernels/control.ts";
import { dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { adam } from "../../../src/model/optimizer.ts";
import { buildTrainPlan } from "../../../src/plan/build.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import { isHalf } from "../../../src/plan/memory.ts";
import { fuse } from "../../../src/plan/passes/fuse.ts";
import { halfPrecision } from "../../../src/plan/passes/half-precision.ts";
import { oneDispatch } from "../../../src/plan/passes/one-dispatch.ts";
import { reuse } from "../../../src/plan/passes/reuse.ts";
import type { Plan } from "../../../src/plan/types.ts";
import { createReference } from "../../../src/reference/run.ts";
import { initialParameters } from "../../../src/run/network.ts";
import { refusal } from "../../helpers/refusal.ts";

const loss = "softmaxCrossEntropy";
const optimizer = adam({ learningRate: 0.1, weightDecay: 0.1, epsilon: 0.1 });
const layers = resolveLayers(sequential([dense(9, "tanh"), dense(8, "relu"), dense(7, "sigmoid"), dense(3)]), 4, loss);
const sizes = { batch: 8, dataRows: 20 };
const textbook = buildTrainPlan({ layers, loss, optimizer, shuffle: true, ...sizes });

/** Each whatever it saves. */
const passes = {
  fuse,
  halfPrecision,
  oneDispatch: (plan: Plan) => oneDispatch(plan),
  reuse: (plan: Plan) => reuse(plan, 0),
};
type Name = keyof typeof passes;

/** All orders of some or all of a few names. */
const ordersOf = (names: readonly Name[]): Name[][] => [
  [],
  ...names.flatMap((name) => ordersOf(names.filter((other) => other !== name)).map((rest) => [name, ...rest])),
];

const plans = ordersOf(Object.keys(passes) as Name[]).map((order) => {
  const plan = order.reduce((before, name) => passes[name](before), textbook);
  return { order: order.join(" "), plan, refused: refusal(() => checkPlan(plan)) };
});
const sound = plans.filter(({ refused }) => refused === "no error");
const find = (wanted: string) => plans.find(({ order }) => order === wanted);

/** Parameters after an epoch of three steps on the CPU. */
function train(plan: Plan): number[] {
  const reference = createReference(plan, initialControl({ optimizer, seed: 3, ...sizes }), "float64");
  const parameters = Object.entries(initialParameters(layers, 5));
  for (const [name, values] of parameters) reference.set(name, values);
  reference.set(
    "X",
    Float64Array.from({ length: 80 }, (_, i) => Math.sin(i)),
  );
  reference.set(
    "Y",
    Uint32Array.from({ length: 20 }, (_, i) => i % 3),
  );
  for (let t = 0; t < 3; t++) reference.step();
  return parameters.flatMap(([name]) => [...reference.tensor(name)]);
}

describe("the passes in every order", () => {
  it("are refused where updates come before the last delta of f16, which may skip the step", () => {
    expect(find("fuse reuse halfPrecision")?.refused).toMatch(
      /^PlanError: train plan: step \d+ \(layerBackward\): got an update before it, expected all updates after what may halt them; mend the pass that wrote this plan\.$/,
    );
  });

  it("are sound in the one order that plans are made in", () => {
    const made = ["", "fuse", "fuse reuse", "fuse halfPrecision", "fuse halfPrecision reuse", "fuse oneDispatch reuse"];
    for (const order of made) expect([order, find(order)?.refused]).toEqual([order, "no error"]);
  });

  it("are refused or train what they train in that order", () => {
    const [f32, f16] = [train(textbook), train(find("fuse halfPrecision")?.plan as Plan)];
    expect(sound.length).toBeGreaterThan(20);
    for (const { order, plan } of sound) {
      const expected = isHalf(plan) ? f16 : f32;
      const worst = Math.max(...train(plan).map((value, i) => Math.abs(value - (expected[i] as number))));
      // Sums in another order, in double precision.
      expect([order, worst < 1e-9]).toEqual([order, true]);
    }
    const halved = sound.flatMap(({ order, plan }) => (isHalf(plan) ? [order] : []));
    expect(halved.filter((order) => !order.includes("fuse halfPrecision"))).toEqual([]);
    expect(halved.length).toBeGreaterThan(3);
  });
});
