import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { RecordVariant } from "../src/kernels/record.ts";
import { recordFunction } from "./lib/record.wgsl.ts";

/** Writes this step's line into the ring, and halts the run before anything is updated if the objective is not finite. */
export const recordSource = ({ penalty, group }: RecordVariant) => wgsl`
@group(0) @binding(1) var<storage, read_write> control: Control;     // step, |B|, λ̃; halted is written
@group(0) @binding(2) var<storage, read> scores: array<vec2f>;       // ℓ and hit of each row [batch, 2]
@group(0) @binding(3) var<storage, read_write> ring: array<u32>;     // [records, words]
#if ${penalty}
@group(0) @binding(4) var<storage, read> squares: array<f32>;        // parts of Σ‖W‖²
#endif

${recordFunction(penalty, group)}

@compute @workgroup_size(${group})
fn main(@builtin(local_invocation_index) local: u32) { recordStep(local); }
`;
