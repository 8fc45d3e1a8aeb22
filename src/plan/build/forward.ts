import { RECORD_WORDS, RING_RECORDS } from "../../kernels/control.ts";
import { reduceGroup } from "../../kernels/record.ts";
import type { Layer } from "../../model/layer.ts";
import {
  batched,
  type Draft,
  hasClasses,
  inputsOf,
  type NetworkSpec,
  outputName,
  outputsOf,
  product,
  tensor,
} from "./draft.ts";

/** x `[batch, inputs]`, and y as the loss takes it. */
export function batchTensors(draft: Draft, spec: NetworkSpec): void {
  inputTensor(draft, spec);
  if (hasClasses(spec)) batched(draft, "y", "data", [spec.batch], "u32");
  else batched(draft, "y", "data", [spec.batch, outputsOf(spec)]);
}

export const inputTensor = (draft: Draft, spec: NetworkSpec): void =>
  batched(draft, "x", "data", [spec.batch, inputsOf(spec)]);

/** z = h W ᵀ + b and h = φ(z), layer by layer. */
export function forward(draft: Draft, spec: NetworkSpec): void {
  spec.layers.forEach((layer, index) => {
    const l = index + 1;
    const { units, activation } = layer;
    const [z, h] = [`z${l}`, outputName(spec.layers, l)];
    const identity = activation === "identity";
    if (h === "o") draft.aliases[`h${l}`] = h;
    linear(draft, spec, l, identity ? h : z);
    if (identity) {
      draft.aliases[z] = h;
      return;
    }
    batched(draft, h, "activation", [spec.batch, units]);
    draft.steps.push({
      phase: "forward",
      kernel: "activation",
      variant: { activation },
      dims: { rows: spec.batch, units },
      bind: { control: "control", z, h },
    });
  });
}

/** The parameters of layer l, and z = h W ᵀ + b into the tensor `z`. */
function linear(draft: Draft, spec: NetworkSpec, l: number, z: string): void {
  const { layers, batch } = spec;
  const { inputs, units, bias } = layers[l - 1] as Layer;
  tensor(draft, `W${l}`, "parameter", [units, inputs]);
  if (bias) tensor(draft, `b${l}`, "parameter", [units]);
  batched(draft, z, "activation", [batch, units]);
  draft.steps.push({
    phase: "forward",
    kernel: "matmul",
    ...product({ rows: batch, inner: inputs, columns: units }, { transposeB: true, bias }, spec),
    bind: {
      control: "control",
      a: outputName(layers, l - 1),
      b: `W${l}`,
      c: z,
      ...(bias ? { bias: `b${l}` } : {}),
    },
  });
}

/** ℓ and whether it is right of each row, and ∂J/∂o where `delta` asks for it. */
export function lossStep(draft: Draft, spec: NetworkSpec, delta: boolean): void {
  const { batch, loss } = spec;
  const columns = outputsOf(spec);
  batched(draft, "scores", "metric", [batch, 2]);
  if (delta) batched(draft, "do", "delta", [batch, columns]);
  draft.steps.push({
    phase: "loss",
    kernel: "loss",
    variant: { loss, delta, slope: "identity" },
    dims: { rows: batch, columns },
    bind: { control: "control", o: "o", y: "y", scores: "scores", ...(delta ? { do: "do" } : {}) },
  });
}

/** The ring's line, with the penalty out of so many parts in `squares`. */
export function recordStep(draft: Draft, { batch }: NetworkSpec, parts: number): void {
  const penalty = parts > 0;
  tensor(draft, "ring", "metric", [RING_RECORDS, RECORD_WORDS], "u32");
  draft.steps.push({
    phase: "loss",
    kernel: "record",
    variant: { penalty, group: reduceGroup(Math.max(batch, parts)) },
    dims: { rows: batch, parts },
    bind: { control: "control", scores: "scores", ring: "ring", ...(penalty ? { squares: "squares" } : {}) },
  });
}
