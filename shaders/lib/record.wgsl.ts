import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { HALTED, RECORD_WORDS, RECORDED, RING_RECORDS, SKIPPED } from "../../src/kernels/control.ts";
import { finite } from "./finite.wgsl.ts";
import { reduceSum } from "./reduce.wgsl.ts";

/**
 * `writeRecord(L, s, hits)`, for one invocation: the running step's line of the ring; halts where J is not finite, and with `half`
 * where deltas are out of range even at a loss scale of 1. The line of a step that halted is written once: those that follow it in a submit
 * look at parameters that an s found late has let be updated.
 * @param start where the ring begins, as an expression
 * @param records of the ring
 */
export const writeRecord = (start = "0u", half = false, records = RING_RECORDS) => `${finite}

fn writeRecord(L: f32, s: f32, hits: f32) {
  if ((control.halted & ${RECORDED}u) != 0u) { return; }
  if (!finite(L + s)) { control.halted = ${HALTED}u; }
  ${half ? `if ((control.halted & ${HALTED}u) != 0u || (control.halted == ${SKIPPED}u && control.lossScale <= 1.0)) { control.halted = ${HALTED}u; }` : ""}
  let at = ${start} + ((control.step - 1u) % ${records}u) * ${RECORD_WORDS}u;
  ring[at] = bitcast<u32>(L);
  ring[at + 1u] = bitcast<u32>(s);
  ring[at + 2u] = u32(hits);
  ring[at + 3u] = control.rows;
  ring[at + 4u] = control.step;
  ring[at + 5u] = control.halted;
  ring[at + 6u] = bitcast<u32>(control.learningRate);
  ring[at + 7u] = control.epoch;
  if ((control.halted & ${HALTED}u) != 0u) { control.halted |= ${RECORDED}u; }
}`;

/**
 * `recordStep(local)`, for a whole workgroup: writes the running step's line into the ring: L = Σℓ, s = λ̃/2 Σ‖W‖², hits, |B|,
 * step, halted, η, epoch. One workgroup, so that the order of summation is fixed.
 */
export const recordFunction = (penalty: boolean, group: number, half = false) => wgsl`
${writeRecord("0u", half)}
${reduceSum("vec3f", group)}

fn recordStep(local: u32) {
  // L, hits and Σ‖W‖².
  var sum = vec3f();
  for (var i = local; i < control.rows; i += ${group}u) { sum += vec3f(scores[i], 0.0); }
#if ${penalty}
  for (var i = local; i < dims.parts; i += ${group}u) { sum.z += squares[i]; }
#endif
  let total = reduceSum(sum, local);
  if (local == 0u && control.step > 0u && control.rows > 0u) {
    writeRecord(total.x, 0.5 * control.decay * total.z, total.y);
  }
}`;
