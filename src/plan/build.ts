export { buildEvaluatePlan, buildPredictPlan } from "./build/inference.ts";
export { buildTrainPlan } from "./build/train.ts";
