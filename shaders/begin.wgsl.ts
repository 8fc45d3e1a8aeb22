import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { BeginVariant } from "../src/kernels/begin.ts";
import { advanceFunction } from "./lib/advance.wgsl.ts";
import { permutation } from "./lib/permutation.wgsl.ts";
import { recordFunction } from "./lib/record.wgsl.ts";

/**
 * Between two steps, in one workgroup: writes the line of the step before into the ring, and unless `closing` advances the control
 * block and picks the rows of the next batch.
 */
export const beginSource = ({ penalty, group, shuffle, closing, ...advance }: BeginVariant) => wgsl`
@group(0) @binding(1) var<storage, read_write> control: Control;
@group(0) @binding(2) var<storage, read_write> ring: array<u32>;        // [records, words]
@group(0) @binding(3) var<storage, read> scores: array<vec2f>;          // ℓ and hit of each row [batch, 2]
#if ${!closing}
@group(0) @binding(4) var<storage, read_write> order: array<u32>;       // row of the data for each row of the batch
#endif
#if ${penalty}
@group(0) @binding(${closing ? 4 : 5}) var<storage, read> squares: array<f32>;  // parts of Σ‖W‖²
#endif

${recordFunction(penalty, group, advance.half)}

#if ${closing}
@compute @workgroup_size(${group})
fn main(@builtin(local_invocation_index) local: u32) { recordStep(local); }
#else
${advanceFunction(advance)}
${permutation}

@compute @workgroup_size(${group})
fn main(@builtin(local_invocation_index) local: u32) {
  recordStep(local);
  if (local == 0u) { advance(); }
  storageBarrier();
  for (var i = local; i < control.rows; i += ${group}u) {
    order[i] = ${shuffle ? "permute(control.start + i, control.dataRows, control.seed, control.epoch)" : "control.start + i"};
  }
}
#endif
`;
