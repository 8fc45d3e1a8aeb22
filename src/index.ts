/** The public surface of chainrule. */
export { createReferenceTrainer } from "./cpu/trainer.ts";
export { type AdapterInfo, type Device, type OpenOptions, openDevice } from "./device/open.ts";
export {
  ChainruleError,
  DataError,
  DeviceError,
  type Fault,
  ModelError,
  NumericError,
  PlanError,
  ShapeError,
} from "./errors.ts";
export type { KernelName } from "./kernels/index.ts";
export type { Hardware, Tile } from "./kernels/tile.ts";
export { type Activation, activations } from "./model/activation.ts";
export { type Distribution, glorot, he, type Initializer, torchLinear, uniform } from "./model/initializer.ts";
export { type Dense, type DenseOptions, dense, type Model, sequential, type Trainable } from "./model/layer.ts";
export { type Loss, losses } from "./model/loss.ts";
export type { Rule } from "./model/optimizer.ts";
export {
  type AdamOptions,
  adam,
  adamw,
  type CoupledAdamOptions,
  type Decay,
  type Optimizer,
  type OptimizerOptions,
  type SgdOptions,
  sgd,
} from "./model/optimizer.ts";
export { type CosineOptions, cosine, type Schedule, type StepOptions, stepDecay } from "./model/schedule.ts";
export { describeStep, type StepDescription } from "./plan/describe.ts";
export { formatPlan } from "./plan/format.ts";
export { formatBytes } from "./plan/format-bytes.ts";
export { type Bytes, bytesByRole } from "./plan/memory.ts";
export type { Choice, RowTile } from "./plan/tiles.ts";
export type { Dtype, Mode, Phase, Plan, Role, Step, Tensor } from "./plan/types.ts";
export { type LoadedModel, loadModel, type TrainingState } from "./run/checkpoint.ts";
export { type PlanOptions, type Precision, planTraining } from "./run/plan.ts";
export { createPredictor, type PredictorOptions } from "./run/predictor.ts";
export type { FileOptimizer, Progress, RowOrder } from "./run/progress.ts";
export { sweep } from "./run/sweep.ts";
export { createTrainer } from "./run/trainer.ts";
export { localStorageCache } from "./run/tune/storage.ts";
export { tune, tuner } from "./run/tune/tune.ts";
export type { TuneCache, TuneChoice, Tuned, TuneOptions, TuneReport, Tuner } from "./run/tune/types.ts";
export type {
  ByteScale,
  Dataset,
  Evaluation,
  Fit,
  FitOptions,
  Parameters,
  Prediction,
  Predictor,
  Probe,
  ReferenceOptions,
  ReferenceProbe,
  ReferenceTrainer,
  Report,
  SaveOptions,
  Sweep,
  SweepOptions,
  TensorValue,
  Trainer,
  TrainerOptions,
  Training,
  TrainingOptions,
  Variant,
  VariantReport,
} from "./run/types.ts";
