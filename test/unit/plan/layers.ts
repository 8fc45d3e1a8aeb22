import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import type { Device } from "../../../src/device/open.ts";
import { initialControl } from "../../../src/kernels/control.ts";
import { type Dense, dense, resolveLayers, sequential, type Trainable } from "../../../src/model/layer.ts";
import { adam, adamw, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { buildEvaluatePlan, buildPredictPlan, buildTrainPlan } from "../../../src/plan/build.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import { describeStep } from "../../../src/plan/describe.ts";
import { formatPlan } from "../../../src/plan/format.ts";
import { excessOf } from "../../../src/plan/limits.ts";
import { bytesByRole } from "../../../src/plan/memory.ts";
import { fuse } from "../../../src/plan/passes/fuse.ts";
import { oneDispatch } from "../../../src/plan/passes/one-dispatch.ts";
import { reuse } from "../../../src/plan/passes/reuse.ts";
import { forVariants } from "../../../src/plan/passes/variants.ts";
import { products, retile } from "../../../src/plan/tiles.ts";
import type { Plan } from "../../../src/plan/types.ts";
import { createReference } from "../../../src/reference/run.ts";
import { loadModel } from "../../../src/run/checkpoint.ts";
import { initialParameters, parameterSpecs } from "../../../src/run/network.ts";
import { type PlanOptions, planTraining } from "../../../src/run/plan.ts";
import { takeTuned } from "../../../src/run/tune/taken.ts";

const loss = "softmaxCrossEntropy";
const INPUTS = 6;

/** So many layers that are alike, or by turns of two kinds. */
const network = (depth: number, kinds: readonly Dense[] = [dense(20, "tanh")]): readonly Dense[] => [
  ...Array.from({ length: depth - 1 }, (_, index) => kinds[index % kinds.length] as Dense),
  dense(3),
];

const layersOf = (depth: number) => resolveLayers(sequential(network(depth)), INPUTS, loss);

const penalty = sgd({ learningRate: 0.1, weightDecay: 0.1, decayBiases: true });
const trains = (trainable: Trainable, bias = true) => dense(20, "tanh", { trainable, bias });

const options = (depth: number, given: Partial<PlanOptions> = {}): PlanOptions => ({
  model: sequential(network(depth)),
  loss,
  optimizer: penalty,
  inputs: INPUTS,
  rows: 40,
  ...given,
});

type Made = (depth: number) => Plan;

/** Each way to plan a step: the passes, what they leave out, and what is trained. Those that most programs take come first. */
export const plans: readonly (readonly [name: string, plan: Made])[] = [
  ["fused, its deltas in two buffers", (depth) => reuse(planTraining(options(depth)), 0)],
  ["textbook", (depth) => planTraining(options(depth, { fuse: false }))],
  ["f16", (depth) => planTraining(options(depth, { precision: "f16", optimizer: adamw({ learningRate: 0.1 }) }))],
  ["split", (depth) => reuse(planTraining(options(depth, { rows: 2048, batch: 2048, bytes: true })), 0)],
  ["prediction", (depth) => reuse(fuse(buildPredictPlan({ layers: layersOf(depth), loss, batch: 9 })), 0)],
  ["fused", (depth) => planTraining(options(depth, { reuse: false, optimizer: adam({ learningRate: 0.1 }) }))],
  ["textbook, its deltas in some buffers", (depth) => reuse(planTraining(options(depth, { fuse: false })), 0)],
  ["f16 without reuse", (depth) => planTraining(options(depth, { precision: "f16", reuse: false }))],
  ["split f16", (depth) => planTraining(options(depth, { rows: 2048, batch: 2048, precision: "f16" }))],
  ...(
    [
      ["only biases", trains({ weights: false, bias: true })],
      ["only weights", trains({ weights: true, bias: false })],
      ["no biases", trains(true, false)],
      ["nothing but the last layer", trains(false)],
      ["linear layers", dense(20)],
    ] as const
  ).map(([name, kind]): readonly [string, Made] => [
    name,
    (depth) => reuse(planTraining(options(depth, { model: sequential(network(depth, [kind])) })), 0),
  ]),
  [
    "layers of two kinds by turns",
    (depth) =>
      reuse(planTraining(options(depth, { model: sequential(network(depth, [dense(20, "relu"), trains(false)])) })), 0),
  ],
  ["evaluation", (depth) => reuse(fuse(buildEvaluatePlan({ layers: layersOf(depth), loss, batch: 9 })), 0)],
];

/** Layers of one unit, whose step is one dispatch however many there are. */
const small = (depth: number, optimizer: Optimizer) => {
  const layers = resolveLayers(
    sequential(Array.from({ length: depth }, () => dense(1, "tanh"))),
    1,
    "halfSquaredError",
  );
  const spec = { layers, loss: "halfSquaredError", batch: 1, optimizer, dataRows: 1, shuffle: true } as const;
  return fuse(buildTrainPlan(spec));
};

/** What every WebGPU device has. */
const smallest = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
};

const device = { adapter: { name: "any" }, gpu: { limits: smallest, features: new Set() } } as unknown as Device;

/** What is asked of a plan once it is made. */
export function inspect(plan: Plan): void {
  checkPlan(plan);
  excessOf(plan, smallest);
  bytesByRole(plan);
  formatPlan(plan);
  plan.steps.forEach(describeStep);
  products(plan);
  retile(plan, new Map());
  createReference(plan, initialControl({ optimizer: penalty, dataRows: 40, batch: 9, seed: 0 }));
}

const data = { inputs: new Float32Array(INPUTS * 5), targets: new Float32Array(5), columns: INPUTS };

const trainer = (depth: number) =>
  createReferenceTrainer({
    model: sequential(network(depth, [dense(2, "tanh")])),
    loss,
    optimizer: adam({ learningRate: 0.1 }),
    data,
    // Else it begins to save enough at some depth, and work with it.
    reuse: false,
  });

/** What a program does with a network of so many layers, apart from what it begins with. */
export const uses: readonly (readonly [name: string, prepare: (depth: number) => () => unknown])[] = [
  [
    "describe it, name its parameters and begin them",
    (depth) => () => {
      const layers = layersOf(depth);
      parameterSpecs(layers);
      initialParameters(layers, 1);
    },
  ],
  [
    "plan many of them side by side",
    (depth) => {
      const plan = small(depth, penalty);
      return () => forVariants(oneDispatch(plan, undefined, 1e6), 5);
    },
  ],
  [
    "take its tuned plan",
    (depth) => {
      const plan = planTraining(options(depth));
      const tuned = { plan, report: { adapter: "any", choices: [], refused: [], seconds: 0 } };
      return () => takeTuned(JSON.parse(JSON.stringify(tuned)), device, plan);
    },
  ],
  ["make its trainer", (depth) => () => trainer(depth)],
  [
    "train, judge and predict",
    (depth) => {
      const made = trainer(depth);
      return async () => {
        await made.step(2);
        await made.evaluate(data);
        await made.predict(data.inputs);
        (await made.probe(data.inputs)).run();
      };
    },
  ],
  [
    "read its parameters, set them, save them, and go on from the file",
    (depth) => {
      const made = trainer(depth);
      return async () => {
        await made.setParameters(await made.parameters());
        const file = await made.save();
        loadModel(file);
        await made.load(file);
      };
    },
  ],
];
