import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { HALTED } from "../src/kernels/control.ts";
import { targetType } from "../src/kernels/loss.ts";
import type { OutputLossVariant } from "../src/kernels/output-loss.ts";
import { takesClasses } from "../src/model/loss.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { controlWord, raise } from "./lib/control-words.wgsl.ts";
import { exponential, finite } from "./lib/finite.wgsl.ts";
import { halfLoad, halfType } from "./lib/half.wgsl.ts";
import { numbersOf } from "./lib/numbers.wgsl.ts";
import { outputRow } from "./lib/output-row.wgsl.ts";

/**
 * The last layer, the loss and its delta at once, one invocation a row, for outputs few enough to stay in registers:
 *
 *     o = φ(x Wᵀ + b);  ℓ(o, y);  dz = ∂ℓ/∂o ⊙ φ′, with `half` S times as much
 *
 * The control block is bound as atomic words, since any row may halt the run.
 */
export const outputLossSource = async (variant: OutputLossVariant) => {
  const { activation, bias, gather, bytes, loss, units, delta, half = false, group, subgroups } = variant;
  const classes = takesClasses[loss];
  const data = numbersOf("x", bytes, half && !gather);
  const put = (index: string, value: string) =>
    half ? `storeDelta(${index}, lossScale * (${value}));` : `dz[${index}] = ${value};`;
  return wgsl`
@group(0) @binding(1) var<storage, read_write> control: array<atomic<u32>>;                       // |B|; halted is written
@group(0) @binding(2) var<storage, read> x: array<${data.type}>;                                           // [batch or data rows, inner]
@group(0) @binding(3) var<storage, read> w: array<${halfType(half)}>;                                           // W [units, inner]
@group(0) @binding(4) var<storage, read> y: array<${targetType(loss)}>;                    // class [data rows] or target [data rows, units]
@group(0) @binding(5) var<storage, read_write> scores: array<vec2f>;                              // ℓ, hit [batch, 2]
#if ${bias}
@group(0) @binding(6) var<storage, read> bias: array<f32>;                       // b [units]
#endif
@group(0) @binding(${bias ? 7 : 6}) var<storage, read> order: array<u32>;                     // row of the data for each of the batch
#if ${delta}
@group(0) @binding(${bias ? 8 : 7}) var<storage, read_write> dz: array<${halfType(half)}>;                     // ∂J/∂z [batch, units]
#endif

${data.declarations}
${activationFunctions(activation)}
${finite}
${exponential}
${delta && half ? (await import("./lib/half-store.wgsl.ts")).storeDelta("dz") : ""}

@compute @workgroup_size(${group})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
  ${subgroups ? "@builtin(subgroup_invocation_id) subgroupLane: u32," : ""}
) {
  let rows = ${controlWord("rows")};
  let place = workgroupIndex(group, groups) * ${group}u + local;
  // An invocation past the last row repeats it and stores nothing, so that all of a subgroup stay together.
  let i = min(place, rows - 1u);
  ${subgroups ? "let lane = subgroupLane % 4u;" : ""}
  ${half ? `let lossScale = bitcast<f32>(${controlWord("lossScale")});` : ""}
  let row = order[i];
  let first = ${gather ? "row" : "i"} * dims.inner;
  ${outputRow({
    loss,
    units,
    inner: "dims.inner",
    x: (k) => data.load(`first + ${k}`),
    w: (j, k) => halfLoad("w", half)(`${j}u * dims.inner + ${k}`),
    bias: bias ? (j) => `bias[${j}]` : undefined,
    y: (j) => (classes ? "y[row]" : `y[row * ${units}u + ${j}u]`),
    activate: "activate",
    slope: "slope",
    subgroups,
    score: `if (place >= rows) { return; }
  scores[i] = vec2f(rowLoss, hit);`,
    dz: delta ? (j, value) => put(`i * ${units}u + ${j}u`, value) : undefined,
  })}
#if ${delta}
  if (!finite(rowLoss * f32(rows))) { ${raise(HALTED)} }
#endif
}
`;
};
