import type { Plan } from "../types.ts";
import { beginPlan, type NetworkSpec } from "./draft.ts";
import { batchTensors, forward, inputTensor, lossStep, recordStep } from "./forward.ts";

/** The plan that judges a batch of rows written from outside: forward pass, loss, and one line of the ring. */
export function buildEvaluatePlan(spec: NetworkSpec): Plan {
  const draft = beginPlan("evaluate", spec);
  batchTensors(draft, spec);
  forward(draft, spec);
  lossStep(draft, spec, false);
  recordStep(draft, spec, 0);
  return draft;
}

/** The plan that computes o for a batch of rows written from outside. */
export function buildPredictPlan(spec: NetworkSpec): Plan {
  const draft = beginPlan("predict", spec);
  inputTensor(draft, spec);
  forward(draft, spec);
  return draft;
}
