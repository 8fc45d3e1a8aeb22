/** What the benchmark needs of the library beyond its public surface. */
export { initialControl, RECORD_WORDS, RING_RECORDS } from "../src/kernels/control.ts";
export { createReference } from "../src/reference/run.ts";
export { planTraining } from "../src/run/plan.ts";
