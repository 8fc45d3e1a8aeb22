import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { PENALTY_CHUNK, reduceGroup } from "../src/kernels/chunks.ts";
import { reduceSum } from "./lib/reduce.wgsl.ts";

const GROUP = reduceGroup(PENALTY_CHUNK);

/** ‖W‖² in parts: each workgroup sums the squares of its chunk; `record` adds the parts up to s = λ̃/2 Σ‖W‖². */
export const penaltySource = () => wgsl`
@group(0) @binding(1) var<storage, read> w: array<f32>;               // a parameter that decays
@group(0) @binding(2) var<storage, read_write> squares: array<f32>;   // parts of all parameters; this one's begin at offset

${reduceSum("f32", GROUP)}

@compute @workgroup_size(${GROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let chunk = workgroupIndex(group, groups);
  let end = min((chunk + 1u) * ${PENALTY_CHUNK}u, dims.elements);
  var sum = 0.0;
  for (var i = chunk * ${PENALTY_CHUNK}u + local; i < end; i += ${GROUP}u) { sum += w[i] * w[i]; }
  let total = reduceSum(sum, local);
  if (local == 0u && chunk * ${PENALTY_CHUNK}u < dims.elements) { squares[dims.offset + chunk] = total; }
}
`;
