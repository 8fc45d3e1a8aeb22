import { CONTROL_WORDS, RECORD_WORDS, RING_RECORDS } from "../kernels/control.ts";
import type { MatmulVariant } from "../kernels/matmul.ts";
import { penaltyParts } from "../kernels/penalty.ts";
import { reduceGroup } from "../kernels/record.ts";
import { anyHardware, type Hardware, tileFor } from "../kernels/tile.ts";
import { updateRule } from "../kernels/weight-update.ts";
import type { Layer } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { hasPenalty, type Optimizer, stateWidth } from "../model/optimizer.ts";
import { elementsOf } from "./memory.ts";
import type { Dtype, Mode, Plan, Role, Step, Tensor } from "./types.ts";

/** A network with its sizes. */
export interface NetworkSpec {
  readonly layers: readonly Layer[];
  readonly loss: Loss;
  /** Rows of a full batch. */
  readonly batch: number;
  /** The device that the products are shared out for; one of which nothing is known if left out. */
  readonly hardware?: Hardware | undefined;
}

export interface TrainSpec extends NetworkSpec {
  readonly optimizer: Optimizer;
  /** Rows of the data set. */
  readonly dataRows: number;
  readonly shuffle: boolean;
  /** Whether the inputs of the data set are packed bytes; f32 if left out. */
  readonly bytes?: boolean | undefined;
}

/** What the builder writes into. */
interface Draft {
  readonly tensors: Record<string, Tensor>;
  readonly aliases: Record<string, string>;
  readonly steps: Step[];
}

const tensor = (draft: Draft, name: string, role: Role, shape: readonly number[], dtype: Dtype = "f32") => {
  draft.tensors[name] = { shape, dtype, role, batched: false };
};

const batched = (draft: Draft, name: string, role: Role, shape: readonly number[], dtype: Dtype = "f32") => {
  draft.tensors[name] = { shape, dtype, role, batched: true };
};

const last = (layers: readonly Layer[]): Layer => layers[layers.length - 1] as Layer;

/** h⁽ˡ⁾: `x` for l = 0 and `o` for the last layer. */
const outputName = (layers: readonly Layer[], l: number): string =>
  l === 0 ? "x" : l === layers.length ? "o" : `h${l}`;

/** The textbook plan of one training step: every formula of the two passes is a step, every quantity a tensor. */
export function buildTrainPlan(spec: TrainSpec): Plan {
  const draft: Draft = { tensors: {}, aliases: {}, steps: [] };
  beginStep(draft, spec);
  forward(draft, spec);
  lossStep(draft, spec, true);
  const decaying = decayingParameters(spec);
  penaltySteps(draft, spec, hasPenalty(spec.optimizer) ? decaying : []);
  backward(draft, spec);
  update(draft, spec, decaying);
  return finish("train", spec, draft);
}

/** The plan that judges a batch of rows written from outside: forward pass, loss, and one line of the ring. */
export function buildEvaluatePlan(spec: NetworkSpec): Plan {
  const draft: Draft = { tensors: {}, aliases: {}, steps: [] };
  tensor(draft, "control", "control", [CONTROL_WORDS], "u32");
  batchTensors(draft, spec);
  forward(draft, spec);
  lossStep(draft, spec, false);
  penaltySteps(draft, spec, []);
  return finish("evaluate", spec, draft);
}

/** The plan that computes o for a batch of rows written from outside. */
export function buildPredictPlan(spec: NetworkSpec): Plan {
  const draft: Draft = { tensors: {}, aliases: {}, steps: [] };
  tensor(draft, "control", "control", [CONTROL_WORDS], "u32");
  batched(draft, "x", "data", [spec.batch, inputsOf(spec)]);
  forward(draft, spec);
  return finish("predict", spec, draft);
}

const finish = (mode: Mode, spec: NetworkSpec, draft: Draft): Plan => ({
  mode,
  batch: spec.batch,
  ...draft,
  closing: [],
  removed: {},
});

const inputsOf = ({ layers }: NetworkSpec): number => (layers[0] as Layer).inputs;

function batchTensors(draft: Draft, spec: NetworkSpec): void {
  batched(draft, "x", "data", [spec.batch, inputsOf(spec)]);
  if (spec.loss === "softmaxCrossEntropy") batched(draft, "y", "data", [spec.batch], "u32");
  else batched(draft, "y", "data", [spec.batch, last(spec.layers).units]);
}

function beginStep(draft: Draft, spec: TrainSpec): void {
  const { layers, batch, dataRows, optimizer, shuffle, bytes } = spec;
  const inputs = inputsOf(spec);
  const classes = spec.loss === "softmaxCrossEntropy";
  const targets = classes ? 1 : last(layers).units;
  tensor(draft, "control", "control", [CONTROL_WORDS], "u32");
  tensor(draft, "X", "data", [dataRows, inputs], bytes ? "u8" : "f32");
  tensor(draft, "Y", "data", classes ? [dataRows] : [dataRows, targets], classes ? "u32" : "f32");
  batched(draft, "order", "data", [batch], "u32");
  batchTensors(draft, spec);
  draft.steps.push(
    {
      phase: "begin",
      kernel: "advance",
      variant: { schedule: optimizer.schedule.kind, decay: optimizer.decay },
      dims: { rows: batch },
      bind: { control: "control" },
    },
    {
      phase: "begin",
      kernel: "sample",
      variant: { shuffle },
      dims: { rows: batch },
      bind: { control: "control", order: "order" },
    },
    {
      phase: "begin",
      kernel: "gatherRows",
      variant: bytes ? { bytes } : {},
      dims: { rows: batch, columns: inputs },
      bind: { control: "control", order: "order", data: "X", batch: "x" },
    },
    {
      phase: "begin",
      kernel: "gatherRows",
      variant: {},
      dims: { rows: batch, columns: targets },
      bind: { control: "control", order: "order", data: "Y", batch: "y" },
    },
  );
}

interface ProductDims {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Variant and sizes of a matmul, shared out for a device. */
function product(dims: ProductDims, what: Partial<MatmulVariant>, hardware: Hardware = anyHardware) {
  const { transposeA = false, transposeB = false, bias = false } = what;
  const tile = tileFor({ ...dims, transposeA, transposeB }, hardware);
  return { variant: { transposeA, transposeB, bias, tile }, dims };
}

/** z = h W ᵀ + b and h = φ(z), layer by layer. */
function forward(draft: Draft, { layers, batch, hardware }: NetworkSpec): void {
  layers.forEach((layer, index) => {
    const l = index + 1;
    const { inputs, units, activation, bias } = layer;
    const [z, h] = [`z${l}`, outputName(layers, l)];
    tensor(draft, `W${l}`, "parameter", [units, inputs]);
    if (bias) tensor(draft, `b${l}`, "parameter", [units]);
    const identity = activation === "identity";
    const target = identity ? h : z;
    batched(draft, target, "activation", [batch, units]);
    draft.steps.push({
      phase: "forward",
      kernel: "matmul",
      ...product({ rows: batch, inner: inputs, columns: units }, { transposeB: true, bias }, hardware),
      bind: {
        control: "control",
        a: outputName(layers, index),
        b: `W${l}`,
        c: target,
        ...(bias ? { bias: `b${l}` } : {}),
      },
    });
    if (identity) {
      draft.aliases[z] = h;
      return;
    }
    batched(draft, h, "activation", [batch, units]);
    draft.steps.push({
      phase: "forward",
      kernel: "activation",
      variant: { activation },
      dims: { rows: batch, units },
      bind: { control: "control", z, h },
    });
  });
}

function lossStep(draft: Draft, { layers, loss, batch }: NetworkSpec, delta: boolean): void {
  const columns = last(layers).units;
  batched(draft, "scores", "metric", [batch, 2]);
  if (delta) batched(draft, "do", "delta", [batch, columns]);
  draft.steps.push({
    phase: "loss",
    kernel: "loss",
    variant: { loss, delta, slope: "identity" },
    dims: { rows: batch, columns },
    bind: {
      control: "control",
      o: "o",
      y: "y",
      scores: "scores",
      ...(delta ? { do: "do" } : {}),
    },
  });
}

/** Names of the parameters that λ shrinks: trained weights, and trained biases if asked. */
function decayingParameters({ layers, optimizer }: TrainSpec): string[] {
  if (optimizer.weightDecay === 0) return [];
  return trainedParameters(layers)
    .filter(({ name }) => optimizer.decayBiases || name.startsWith("W"))
    .map(({ name }) => name);
}

interface Trained {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The parameters that are not frozen, W before b, first layer first. */
function trainedParameters(layers: readonly Layer[]): Trained[] {
  return layers.flatMap(({ inputs, units, bias, trainable }, index) => [
    ...(trainable.weights ? [{ name: `W${index + 1}`, shape: [units, inputs] }] : []),
    ...(bias && trainable.bias ? [{ name: `b${index + 1}`, shape: [units] }] : []),
  ]);
}

/** s = λ̃/2 Σ‖W‖² and the ring's line. */
function penaltySteps(draft: Draft, { batch }: NetworkSpec, parameters: readonly string[]): void {
  let parts = 0;
  for (const name of parameters) {
    const elements = elementsOf(draft.tensors[name]?.shape ?? []);
    draft.steps.push({
      phase: "loss",
      kernel: "penalty",
      variant: {},
      dims: { elements, offset: parts },
      bind: { w: name, squares: "squares" },
    });
    parts += penaltyParts(elements);
  }
  const penalty = parts > 0;
  if (penalty) tensor(draft, "squares", "metric", [parts]);
  tensor(draft, "ring", "metric", [RING_RECORDS, RECORD_WORDS], "u32");
  draft.steps.push({
    phase: "loss",
    kernel: "record",
    variant: { penalty, group: reduceGroup(Math.max(batch, parts)) },
    dims: { rows: batch, parts },
    bind: {
      control: "control",
      scores: "scores",
      ring: "ring",
      ...(penalty ? { squares: "squares" } : {}),
    },
  });
}

/** From ∂J/∂o down to the first trained layer: dz = dh ⊙ φ′(z), gW = dzᵀ h, db = Σ dz, dh = dz W. */
function backward(draft: Draft, spec: TrainSpec): void {
  const { layers, batch } = spec;
  const lowest = layers.findIndex(({ bias, trainable }) => trainable.weights || (bias && trainable.bias)) + 1;
  if (lowest === 0) return;
  for (let l = layers.length; l >= lowest; l--) {
    const { inputs, units, activation, bias, trainable } = layers[l - 1] as Layer;
    const dh = l === layers.length ? "do" : `dh${l}`;
    const dz = `dz${l}`;
    if (activation === "identity") draft.aliases[dz] = dh;
    else {
      batched(draft, dz, "delta", [batch, units]);
      draft.steps.push({
        phase: "backward",
        kernel: "gradientMultiply",
        variant: { activation },
        dims: { rows: batch, units },
        bind: { control: "control", dh, z: `z${l}`, h: outputName(layers, l), dz },
      });
    }
    const delta = draft.aliases[dz] ?? dz;
    const below = outputName(layers, l - 1);
    if (trainable.weights) weightGradient(draft, spec, l, delta, below);
    if (bias && trainable.bias) {
      tensor(draft, `gb${l}`, "gradient", [units]);
      draft.steps.push({
        phase: "backward",
        kernel: "sumRows",
        variant: {},
        dims: { rows: batch, units },
        bind: { control: "control", dz: delta, db: `gb${l}` },
      });
      objectiveGradient(draft, spec, `b${l}`, [units]);
    }
    if (l > lowest) {
      batched(draft, `dh${l - 1}`, "delta", [batch, inputs]);
      draft.steps.push({
        phase: "backward",
        kernel: "matmul",
        ...product({ rows: batch, inner: units, columns: inputs }, {}, spec.hardware),
        bind: { control: "control", a: delta, b: `W${l}`, c: `dh${l - 1}` },
      });
    }
  }
}

function weightGradient(draft: Draft, spec: TrainSpec, l: number, delta: string, below: string): void {
  const { inputs, units } = spec.layers[l - 1] as Layer;
  tensor(draft, `gW${l}`, "gradient", [units, inputs]);
  draft.steps.push({
    phase: "backward",
    kernel: "matmul",
    ...product({ rows: units, inner: spec.batch, columns: inputs }, { transposeA: true }, spec.hardware),
    bind: { control: "control", a: delta, b: below, c: `gW${l}` },
  });
  objectiveGradient(draft, spec, `W${l}`, [units, inputs]);
}

/** dω = gω + λ̃ω, ∂J/∂ω, which the update does not need: it takes gω and shrinks ω itself. Equal to gω without penalty. */
function objectiveGradient(draft: Draft, spec: TrainSpec, name: string, shape: readonly number[]): void {
  if (!hasPenalty(spec.optimizer) || !decayingParameters(spec).includes(name)) {
    draft.aliases[`d${name}`] = `g${name}`;
    return;
  }
  tensor(draft, `d${name}`, "gradient", shape);
  draft.steps.push({
    phase: "backward",
    kernel: "decayGradient",
    variant: {},
    dims: { elements: elementsOf(shape) },
    bind: { control: "control", g: `g${name}`, w: name, d: `d${name}` },
  });
}

function update(draft: Draft, { layers, optimizer }: TrainSpec, decaying: readonly string[]): void {
  for (const { name, shape } of trainedParameters(layers)) {
    const width = stateWidth(optimizer);
    const state = `state_${name}`;
    if (width > 0) tensor(draft, state, "state", width === 1 ? shape : [...shape, width]);
    draft.steps.push({
      phase: "update",
      kernel: "weightUpdate",
      variant: {
        optimizer: updateRule(optimizer),
        decay: decaying.includes(name) ? optimizer.decay : false,
      },
      dims: { elements: elementsOf(shape) },
      bind: { control: "control", g: `g${name}`, parameter: name, ...(width > 0 ? { state } : {}) },
    });
  }
}
