import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { SPLIT_ROWS, SPLIT_UPDATE_CHUNK, SPLIT_UPDATE_GROUP } from "../src/kernels/chunks.ts";
import type { OperandOf } from "../src/kernels/index.ts";
import type { SplitUpdateVariant } from "../src/kernels/split-update.ts";
import type { Operand } from "../src/kernels/types.ts";
import { inBuffers, stateType, updateFunction } from "./lib/update.wgsl.ts";

const purposes: Readonly<Record<Exclude<OperandOf<"splitUpdate">, "control">, string>> = {
  parts: "of each part of the batch gW [rows, columns], gb [rows]",
  w: "W [rows, columns], updated in place",
  state: "optimizer state of W",
  bias: "b [rows], updated in place",
  biasState: "optimizer state of b",
  squares: "Σ of the squares of what decays, a part an invocation, as it was before the update",
  copy: "W rounded to f16",
};

/** W and b of a layer updated in place out of the parts of their gradients. Nothing is written once the run has halted. */
export const splitUpdateSource = (
  { optimizer, decay, bias, biasDecay, penalty, half = false }: SplitUpdateVariant,
  operands: readonly Operand<OperandOf<"splitUpdate">>[],
) => {
  // A step that f16 deltas skip has a penalty all the same.
  const [early, apart] =
    half && penalty ? ["", "if (control.halted != 0u) { continue; }"] : ["control.halted != 0u || ", ""];
  const type = (name: string) => (name === "copy" ? "f16" : name.endsWith("tate") ? stateType(optimizer) : "f32");
  const bindings = operands.map(({ name, access }, index) =>
    name === "control"
      ? "@group(0) @binding(1) var<uniform> control: Control;"
      : `@group(0) @binding(${index + 1}) var<storage, ${access === "read" ? "read" : "read_write"}> ${name}: array<${type(name)}>;  // ${purposes[name]}`,
  );
  return wgsl`
${bindings.join("\n")}

${updateFunction({ optimizer, decay }, "updateWeight", inBuffers(optimizer, "w", "state"))}
#if ${bias}
${updateFunction({ optimizer, decay: biasDecay }, "updateBias", inBuffers(optimizer, "bias", "biasState"))}
#endif

@compute @workgroup_size(${SPLIT_UPDATE_GROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let weights = dims.rows * dims.columns;
  let elements = weights${bias ? " + dims.rows" : ""};
  let chunk = workgroupIndex(group, groups);
  if (${early}chunk * ${SPLIT_UPDATE_CHUNK}u >= elements) { return; }
  let count = (dims.inner + ${SPLIT_ROWS - 1}u) / ${SPLIT_ROWS}u;
  var squareSum = 0.0;
  let end = min((chunk + 1u) * ${SPLIT_UPDATE_CHUNK}u, elements);
  for (var i = chunk * ${SPLIT_UPDATE_CHUNK}u + local; i < end; i += ${SPLIT_UPDATE_GROUP}u) {
    var g = 0.0;
    for (var part = 0u; part < count; part++) { g += parts[part * elements + i]; }
#if ${bias}
    if (i >= weights) {
      ${penalty && biasDecay ? "squareSum += bias[i - weights] * bias[i - weights];" : ""}
      ${apart}
      updateBias(i - weights, g);
      continue;
    }
#endif
    ${penalty && decay ? "squareSum += w[i] * w[i];" : ""}
    ${apart}
    updateWeight(i, g);
    ${half ? "copy[i] = f16(w[i]);" : ""}
  }
  ${penalty ? `squares[dims.offset + chunk * ${SPLIT_UPDATE_GROUP}u + local] = squareSum;` : ""}
}
`;
};
