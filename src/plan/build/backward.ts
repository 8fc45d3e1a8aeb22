import type { Layer } from "../../model/layer.ts";
import { elementsOf } from "../memory.ts";
import { batched, type Draft, type NetworkSpec, outputName, product, tensor } from "./draft.ts";
import type { Trained } from "./trained.ts";

/**
 * From ∂J/∂o down to the first trained layer: dz = dh ⊙ φ′(z), gW = dzᵀ h, gb = Σ dz, dh = dz W.
 * @param trained parameters of each layer
 */
export function backward(draft: Draft, spec: NetworkSpec, trained: readonly (readonly Trained[])[]): void {
  const lowest = 1 + trained.findIndex(({ length }) => length > 0) || Number.POSITIVE_INFINITY;
  for (let l = spec.layers.length; l >= lowest; l--) {
    const dz = activationGradient(draft, spec, l);
    for (const parameter of trained[l - 1] ?? []) {
      dataGradient(draft, spec, l, parameter, dz);
      objectiveGradient(draft, parameter);
    }
    if (l > lowest) hiddenGradient(draft, spec, l, dz);
  }
}

/** dz = dh ⊙ φ′(z). @returns the tensor that holds dz, which is dh itself where φ is the identity */
function activationGradient(draft: Draft, { layers, batch }: NetworkSpec, l: number): string {
  const { units, activation } = layers[l - 1] as Layer;
  const dh = l === layers.length ? "do" : `dh${l}`;
  const dz = `dz${l}`;
  if (activation === "identity") {
    draft.aliases[dz] = dh;
    return dh;
  }
  batched(draft, dz, "delta", [batch, units]);
  draft.steps.push({
    phase: "backward",
    kernel: "gradientMultiply",
    variant: { activation },
    dims: { rows: batch, units },
    bind: { control: "control", dh, z: `z${l}`, h: outputName(layers, l), dz },
  });
  return dz;
}

/** gW = dzᵀ h, or gb = Σ dz. */
function dataGradient(draft: Draft, spec: NetworkSpec, l: number, { name, shape }: Trained, dz: string): void {
  const [units = 0, inputs] = shape;
  tensor(draft, `g${name}`, "gradient", shape);
  if (inputs === undefined) {
    draft.steps.push({
      phase: "backward",
      kernel: "sumRows",
      variant: {},
      dims: { rows: spec.batch, units },
      bind: { control: "control", dz, db: `g${name}` },
    });
    return;
  }
  draft.steps.push({
    phase: "backward",
    kernel: "matmul",
    ...product({ rows: units, inner: spec.batch, columns: inputs }, { transposeA: true }, spec),
    bind: { control: "control", a: dz, b: outputName(spec.layers, l - 1), c: `g${name}` },
  });
}

/** dω = gω + λ̃ω, ∂J/∂ω, which the update does not need: it takes gω and shrinks ω itself. Equal to gω without penalty. */
function objectiveGradient(draft: Draft, { name, shape, penalized }: Trained): void {
  if (!penalized) {
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

/** dh = dz W, of the layer below. */
function hiddenGradient(draft: Draft, spec: NetworkSpec, l: number, dz: string): void {
  const { inputs, units } = spec.layers[l - 1] as Layer;
  batched(draft, `dh${l - 1}`, "delta", [spec.batch, inputs]);
  draft.steps.push({
    phase: "backward",
    kernel: "matmul",
    ...product({ rows: spec.batch, inner: units, columns: inputs }, {}, spec),
    bind: { control: "control", a: dz, b: `W${l}`, c: `dh${l - 1}` },
  });
}
