import { RECORD_WORDS } from "../../src/kernels/control.ts";
import { recordOf, type StepRecord } from "../../src/run/metrics.ts";

/** A ring's line for step t ≥ 1. */
export const decodeRecord = (ring: Uint32Array<ArrayBuffer>, step: number): StepRecord =>
  recordOf(
    ring,
    new Float32Array(ring.buffer, ring.byteOffset, ring.length),
    ((step - 1) * RECORD_WORDS) % ring.length,
  );
