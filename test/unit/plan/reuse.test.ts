import { describe, expect, it } from "vitest";
import { initialControl } from "../../../src/kernels/control.ts";
import { dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { buildEvaluatePlan, buildPredictPlan } from "../../../src/plan/build.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import { formatPlan } from "../../../src/plan/format.ts";
import { type Bytes, bufferBytes, bytesByRole, bytesOf } from "../../../src/plan/memory.ts";
import { fuse } from "../../../src/plan/passes/fuse.ts";
import { reuse } from "../../../src/plan/passes/reuse.ts";
import { resolveTensor } from "../../../src/plan/resolve.ts";
import type { Plan, Tensor } from "../../../src/plan/types.ts";
import { createReference } from "../../../src/reference/run.ts";
import { planTraining } from "../../../src/run/plan.ts";
import {
  BATCH,
  decaying,
  frozen,
  half,
  type Network,
  optimizers,
  planOf,
  ROWS,
  runOf,
  trained,
} from "../../helpers/networks.ts";
import { refusal } from "../../helpers/refusal.ts";

const deep: Network = {
  name: "6 layers, the lowest frozen",
  layers: [
    dense(5, "tanh", frozen),
    dense(7, "relu", frozen),
    dense(6, "tanh"),
    dense(9),
    dense(4, "sigmoid"),
    dense(40, "tanh"),
  ],
  loss: half,
  dispatches: 17,
};

/** The pass whatever it saves. */
const reused = (network: Network, optimizer: Optimizer): Plan => reuse(planOf(network, optimizer, true), 0);

/** Parameters and ring after 12 steps on the CPU. */
function train(plan: Plan, network: Network, optimizer: Optimizer): Record<string, number[]> {
  const control = initialControl({ optimizer, dataRows: ROWS, batch: BATCH, seed: 3 });
  const reference = createReference(plan, control, "float64");
  const { inputs, targets, parameters } = runOf(network, optimizer);
  for (const [name, values] of Object.entries({ X: inputs, Y: targets, ...parameters })) reference.set(name, values);
  for (let t = 0; t < 12; t++) reference.step();
  reference.close();
  return Object.fromEntries(["ring", ...Object.keys(parameters)].map((name) => [name, [...reference.tensor(name)]]));
}

/** The bytes of the two largest tensors of a role. */
const twoLargest = ({ tensors }: Plan, role: Tensor["role"]): number =>
  Object.values(tensors)
    .flatMap((tensor) => (tensor.role === role ? [bytesOf(tensor)] : []))
    .sort((a, b) => b - a)
    .slice(0, 2)
    .reduce((sum, bytes) => sum + bytes, 0);

describe("reuse", () => {
  it("moves updates up and lays deltas where earlier ones lay", () => {
    const model = sequential([dense(64, "tanh"), dense(64, "tanh"), dense(64, "tanh"), dense(3)]);
    const plan = planTraining({
      model,
      loss: half,
      optimizer: sgd({ learningRate: 0.1 }),
      inputs: 2,
      rows: 4096,
      batch: 1024,
    });
    const order = plan.steps.map(({ kernel, bind }) => `${kernel} ${("w" in bind && bind.w) || ""}`.trim());
    expect(order).toEqual([
      "begin",
      ...["layerForward W1", "layerForward W2", "layerForward W3", "outputLoss W4"],
      ...["layerBackward W4", "layerUpdate W4", "layerBackward W3", "layerUpdate W3", "layerBackward W2"],
      // What nothing follows stays in the textbook's order.
      ...["layerUpdate W1", "layerUpdate W2"],
    ]);
    expect(formatPlan(plan)).toContain("\none buffer: do, then dz2\none buffer: dz3, then dz1\n");
    expect(bytesByRole(plan).delta).toBe(4 * 1024 * (64 + 64));
  });

  it.each([...trained, deep])("gives $name the same numbers in no more memory", (network) => {
    for (const [, optimizer] of optimizers) {
      const [before, after] = [planOf(network, optimizer, true), reused(network, optimizer)];
      expect(() => checkPlan(after)).not.toThrow();
      expect([...after.steps].sort(byName)).toEqual([...before.steps].sort(byName));
      const passing = ({ delta = 0, gradient = 0, activation = 0 }: Bytes) => delta + gradient + activation;
      const { delta: _, gradient = 0, activation = 0, ...others } = bytesByRole(before);
      expect(bytesByRole(after)).toMatchObject(others);
      expect(passing(bytesByRole(after))).toBeLessThanOrEqual(activation + gradient + twoLargest(before, "delta"));
    }
    expect(train(reused(network, decaying), network, decaying)).toEqual(
      train(planOf(network, decaying, true), network, decaying),
    );
  });

  it("keeps what backward needs, and gives away what only the forward pass does", () => {
    const plan = reused(deep, decaying);
    const sharing = Object.entries(plan.tensors).flatMap(([name, { buffer }]) =>
      buffer ? [`${name} → ${buffer}`] : [],
    );
    expect(sharing).toMatchInlineSnapshot(`
      [
        "h1 → dz3",
        "o → dz3",
        "dz6 → dh4",
        "dz5 → dz3",
      ]
    `);
  });

  it("leaves a plan alone in which it saves less than 32 KiB, is not wanted, or has nothing to do", () => {
    const { layers, loss } = deep;
    const sizes = { model: sequential(layers), loss, optimizer: decaying, inputs: 3, rows: 4096 };
    const shares = (batch: number, wanted?: boolean) =>
      Object.values(planTraining({ ...sizes, batch, ...(wanted === undefined ? {} : { reuse: wanted }) }).tensors).some(
        ({ buffer }) => buffer !== undefined,
      );
    expect([shares(64), shares(4096), shares(4096, false)]).toEqual([false, true, false]);
    const small = planOf(deep, decaying, true);
    expect(reuse(small)).toBe(small);
    const whole = planTraining({ ...sizes, model: sequential([dense(8, "tanh"), dense(2)]), batch: 32 });
    expect(whole.steps).toHaveLength(1);
    expect(reuse(whole)).toBe(whole);
  });

  it("keeps the only step of a plan, whatever is to be saved", () => {
    const plan = planTraining({
      model: sequential([dense(2)]),
      loss: "softmaxCrossEntropy",
      optimizer: decaying,
      inputs: 3,
      rows: 9,
    });
    expect(plan.steps).toHaveLength(1);
    expect(reuse(plan, 0).steps).toEqual(plan.steps);
  });

  it("lets the two largest activations do for a forward pass alone, and keeps its output", () => {
    const layers = resolveLayers(sequential([8, 30, 20, 25, 10, 3].map((units) => dense(units, "tanh"))), 4, half);
    const spec = { layers, loss: half, batch: 1024 } as const;
    for (const build of [buildEvaluatePlan, buildPredictPlan]) {
      const plan = reuse(fuse(build(spec)));
      expect(() => checkPlan(plan)).not.toThrow();
      expect(bytesByRole(plan).activation).toBeLessThanOrEqual(4 * 1024 * (30 + 25));
      expect(resolveTensor(plan, "o").tensor.shape).toEqual([1024, 3]);
    }
  });

  it("says of an overwritten tensor which pass took its memory, and how to keep it", () => {
    const plan = reused(
      { ...deep, layers: [dense(4, "tanh"), dense(4, "tanh"), dense(4, "tanh"), dense(4)] },
      decaying,
    );
    const there = "control, X, Y, order, W1, b1, h1, W2, b2, h2, W3, b3, h3, W4, b4, scores, squares, ring, dz2, dz1";
    for (const name of ["do", "dz4", "dz3"]) {
      expect(refusal(() => resolveTensor(plan, name))).toBe(
        `PlanError: train plan: got tensor "${name}", which the pass reuse removed, expected one of ${there}; make the trainer with { reuse: false } to keep it in memory.`,
      );
    }
    expect(resolveTensor(plan, "dz1").name).toBe("dz1");
  });
});

describe("checkPlan", () => {
  const plan = planOf(deep, decaying, true);
  const sharing = (name: string, buffer: string): Plan => ({
    ...plan,
    tensors: { ...plan.tensors, [name]: { ...(plan.tensors[name] as Tensor), buffer } },
  });

  it("refuses the read of a tensor that another one has overwritten", () => {
    expect(refusal(() => checkPlan(sharing("h2", "h4")))).toMatch(
      /^PlanError: train plan: step \d+ \(layerUpdate\): got x = h2, in whose buffer h4 lies, expected a tensor that is still there; /,
    );
  });

  it("refuses a dispatch that reads and writes one buffer by two names", () => {
    expect(refusal(() => checkPlan(sharing("dz5", "dh4")))).toMatch(
      /^PlanError: train plan: step \d+ \(layerBackward\): got dh4 bound twice, and written, /,
    );
  });
});

describe("bufferBytes", () => {
  it("counts a shared buffer once, as large as the largest that lies there", () => {
    const plan = reused(deep, decaying);
    const bytes = bufferBytes(plan);
    for (const [name, tensor] of Object.entries(plan.tensors)) {
      expect(bytes[tensor.buffer ?? name]).toBeGreaterThanOrEqual(bytesOf(tensor));
      expect(Object.hasOwn(bytes, name)).toBe(tensor.buffer === undefined);
    }
  });
});

const byName = (a: Plan["steps"][number], b: Plan["steps"][number]) =>
  JSON.stringify(a.bind).localeCompare(JSON.stringify(b.bind));
