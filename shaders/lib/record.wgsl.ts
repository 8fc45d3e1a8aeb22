import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { RECORD_WORDS, RING_RECORDS } from "../../src/kernels/control.ts";
import { finite } from "./finite.wgsl.ts";
import { REDUCE, reduceSum } from "./reduce.wgsl.ts";

/**
 * `recordStep(local)`, for a whole workgroup: writes the running step's line into the ring: L = Σℓ, s = λ̃/2 Σ‖W‖², hits, |B|,
 * step, halted, η, epoch. One workgroup, so that the order of summation is fixed. An objective that is not finite halts
 * the run.
 */
export const recordFunction = (penalty: boolean) => wgsl`
${finite}
${reduceSum}

fn recordStep(local: u32) {
  var sum = vec2f();
  for (var i = local; i < control.rows; i += ${REDUCE}u) { sum += scores[i]; }
  let L = reduceSum(sum.x, local);
  let hits = reduceSum(sum.y, local);
  var s = 0.0;
#if ${penalty}
  var squareSum = 0.0;
  for (var i = local; i < dims.parts; i += ${REDUCE}u) { squareSum += squares[i]; }
  s = 0.5 * control.decay * reduceSum(squareSum, local);
#endif
  if (local != 0u || control.step == 0u) { return; }
  if (!finite(L + s)) { control.halted = 1u; }
  let at = ((control.step - 1u) % ${RING_RECORDS}u) * ${RECORD_WORDS}u;
  ring[at] = bitcast<u32>(L);
  ring[at + 1u] = bitcast<u32>(s);
  ring[at + 2u] = u32(hits);
  ring[at + 3u] = control.rows;
  ring[at + 4u] = control.step;
  ring[at + 5u] = control.halted;
  ring[at + 6u] = bitcast<u32>(control.learningRate);
  ring[at + 7u] = control.epoch;
}`;
