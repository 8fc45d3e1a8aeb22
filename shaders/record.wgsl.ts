import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { RecordVariant } from "../src/kernels/record.ts";
import { finite } from "./lib/finite.wgsl.ts";
import { REDUCE, reduceSum } from "./lib/reduce.wgsl.ts";

/**
 * Writes this step's line into the ring: L = Σℓ, s = λ̃/2 Σ‖W‖², hits, |B|, step, halted, η. One workgroup, so that the
 * order of summation is fixed. An objective that is not finite halts the run before anything is updated.
 */
export const recordSource = ({ penalty }: RecordVariant, layout: { words: number; records: number }) => wgsl`
@group(0) @binding(1) var<storage, read_write> control: Control;     // step, |B|, λ̃; halted is written
@group(0) @binding(2) var<storage, read> losses: array<f32>;         // ℓ [batch]
@group(0) @binding(3) var<storage, read> hits: array<f32>;           // [batch]
@group(0) @binding(4) var<storage, read_write> ring: array<u32>;     // [records, words]
#if ${penalty}
@group(0) @binding(5) var<storage, read> squares: array<f32>;        // parts of Σ‖W‖²
#endif

${finite}
${reduceSum}

@compute @workgroup_size(${REDUCE})
fn main(@builtin(local_invocation_index) local: u32) {
  var lossSum = 0.0;
  var hitSum = 0.0;
  for (var i = local; i < control.rows; i += ${REDUCE}u) {
    lossSum += losses[i];
    hitSum += hits[i];
  }
  let L = reduceSum(lossSum, local);
  let right = reduceSum(hitSum, local);
  var s = 0.0;
#if ${penalty}
  var squareSum = 0.0;
  for (var i = local; i < dims.parts; i += ${REDUCE}u) { squareSum += squares[i]; }
  s = 0.5 * control.decay * reduceSum(squareSum, local);
#endif
  if (local != 0u) { return; }
  if (!finite(L + s)) { control.halted = 1u; }
  let at = ((control.step - 1u) % ${layout.records}u) * ${layout.words}u;
  ring[at] = bitcast<u32>(L);
  ring[at + 1u] = bitcast<u32>(s);
  ring[at + 2u] = u32(right);
  ring[at + 3u] = control.rows;
  ring[at + 4u] = control.step;
  ring[at + 5u] = control.halted;
  ring[at + 6u] = bitcast<u32>(control.learningRate);
  ring[at + 7u] = control.epoch;
}
`;
