import type { NumericError } from "../errors.ts";
import type { Model } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import type { Optimizer } from "../model/optimizer.ts";
import type { Bytes } from "../plan/memory.ts";
import type { Plan } from "../plan/types.ts";
import type { ByteScale } from "./bytes.ts";
import type { Precision } from "./plan.ts";
import type { Evaluation, Parameters, Prediction, Report, TensorValue } from "./results.ts";
import type { Tuned, TuneReport, Tuner } from "./tune/types.ts";

export type { ByteScale, Evaluation, Parameters, Prediction, Report, TensorValue };

/**
 * Rows to train on or to be judged by.
 *
 * `inputs` is `[rows, columns]` row-major. `targets` is, for softmax cross-entropy, one class number a row, `[rows]`; for
 * half squared error `[rows, outputs]` row-major. Inputs of a Uint8Array or Uint8ClampedArray stay bytes on the GPU, a quarter of
 * the memory.
 */
export interface Dataset extends ByteScale {
  readonly inputs: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  /** Columns of `inputs`; if left out, the inputs of the first layer where it states them, else as many as the targets make of them. */
  readonly columns?: number;
  /**
   * Whether the memory of `inputs` is taken over where they are a Float32Array, instead of copied: the array is empty after the call
   * then, and so is all else that lies in its buffer. Memory that cannot be given away, as that of a SharedArrayBuffer or of
   * WebAssembly, is copied all the same. False if left out.
   */
  readonly transfer?: boolean;
}

/** What every training needs. */
export interface TrainingOptions {
  readonly model: Model;
  readonly loss: Loss;
  /** The rows to train on; copied once. */
  readonly data: Dataset;
  /** Rows of a batch; 32 if left out, or all that there is room for if fewer. The last batch of an epoch holds what is left. */
  readonly batch?: number;
  /** Whether each epoch takes the rows in a new order; true if left out. */
  readonly shuffle?: boolean;
}

/** Options of a training on the CPU; of one on the GPU as well. */
export interface ReferenceOptions extends TrainingOptions {
  readonly optimizer: Optimizer;
  /** Of the first weights and of the order of the rows; 0 if left out. A whole number from 0 to 2³² − 1. */
  readonly seed?: number;
  /** Rows that there is room for, the most that `setData` may give; those of `data` if left out. */
  readonly capacity?: number;
  /**
   * Whether the textbook plan's steps are joined into few dispatches; true if left out. With false every z, h, dz, dh, gW and dW
   * stays in memory to be read.
   */
  readonly fuse?: boolean;
  /**
   * Whether a step that is small enough runs whole in one dispatch, as many steps at a time as a submit has; true if left out.
   * With false activations and deltas stay in buffers, to be read or drawn.
   */
  readonly oneDispatch?: boolean;
  /**
   * Whether deltas lie where earlier ones lay, where that saves more than 32 KiB; true if left out. With false every delta of the
   * fused plan stays to be read.
   */
  readonly reuse?: boolean;
}

export interface TrainerOptions extends ReferenceOptions {
  /**
   * Made by `tuner`: looks for the fastest way to share out the step's products on this device, which changes no result. Or what
   * `tune` has found before for these options on this device, as it is or out of JSON. None if left out.
   */
  readonly tune?: Tuner | Tuned;
  /**
   * What activations and deltas are stored as, beside a copy of the weights to compute with: `"f32"` if left out. `"f16"` takes half
   * the memory and needs a device with the feature shader-f16. Sums, parameters and optimizer state are f32 in either.
   */
  readonly precision?: Precision;
}

export interface SaveOptions {
  /** Whether optimizer state and the step counter are written too, so that training can go on exactly; true if left out. */
  readonly optimizer?: boolean;
  /** More texts for the file's metadata, under any key but `chainrule` and `format`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The forward pass over fixed rows, all of whose tensors stay on the GPU, for a renderer. */
export interface Probe {
  readonly rows: number;
  /** The forward pass as data: `x`, the output of each layer `h1`, `h2`, …, and `o`. */
  readonly plan: Plan;
  /** Submits the pass with the parameters as they are after all that was submitted before; waits for nothing. @throws DeviceError */
  run(): void;
  /** The GPU buffer of a tensor, `[rows, units]` row-major; do not write to it. @throws PlanError */
  buffer(name: string): GPUBuffer;
  /** Frees the probe's buffers; those of the parameters stay. */
  dispose(): void;
}

/** Anything that holds a network's parameters on the GPU and can judge or predict rows. Call `dispose` when done with it. */
export interface Predictor {
  /**
   * Loss and accuracy over `data`.
   * @throws ShapeError, DataError where the rows do not fit; NumericError where their loss is no finite number; DeviceError where
   * the device is lost
   */
  evaluate(data: Dataset): Promise<Evaluation>;
  /**
   * Outputs for `inputs [rows, columns]`.
   * @param byteScale of inputs that are bytes; what the network was trained with if left out
   * @throws ShapeError, DataError where the rows do not fit; NumericError where an output is no finite number; DeviceError where the
   * device is lost
   */
  predict(inputs: ArrayLike<number>, byteScale?: ByteScale): Promise<Prediction>;
  /**
   * Compiles the forward pass over `inputs [rows, columns]`, which it copies to the GPU once. It goes with the predictor or
   * trainer when that is disposed.
   * @param byteScale of inputs that are bytes; what the network was trained with if left out
   * @throws ShapeError, DataError where the rows do not fit; DeviceError where a tensor exceeds a limit of the device
   */
  probe(inputs: ArrayLike<number>, byteScale?: ByteScale): Promise<Probe>;
  /** Frees every buffer on the GPU. Later calls reject. */
  dispose(): void;
}

export interface FitOptions {
  /** How often each row is to be seen; after `step`, the first ends the epoch that was begun. */
  readonly epochs: number;
  /** Ends the training early, between two submits. The parameters stay those of the last step taken. */
  readonly signal?: AbortSignal;
}

/**
 * A training over epochs, which begins when it is iterated or awaited: iterated it gives a report after each epoch, awaited the last
 * one. Where the signal was aborted before the first step, awaiting it rejects with the signal's reason.
 */
export interface Fit<R>
  extends AsyncGenerator<R, void, undefined>,
    PromiseLike<R>,
    Pick<Promise<R>, "catch" | "finally"> {}

/**
 * A network in training. Calls take turns in the order in which they are made, and take what they are given as it is then; one that
 * is refused leaves everything as it was. Methods may be taken off the object.
 */
export interface Training {
  /** The step that is replayed, as data. */
  readonly plan: Plan;
  /** Takes `n` steps and reports on them. @throws ModelError, NumericError, DeviceError */
  step(n?: number): Promise<Report>;
  /** Trains epoch by epoch; each report comes when its epoch has ended. @throws ModelError at once; NumericError, DeviceError */
  fit(options: FitOptions): Fit<Report>;
  /**
   * Loss and accuracy over `data`.
   * @throws ShapeError, DataError where the rows do not fit; NumericError where their loss is no finite number
   */
  evaluate(data: Dataset): Promise<Evaluation>;
  /**
   * Outputs for `inputs [rows, columns]`.
   * @param byteScale of inputs that are bytes; what the network was trained with if left out
   * @throws ShapeError, DataError where the rows do not fit; NumericError where an output is no finite number
   */
  predict(inputs: ArrayLike<number>, byteScale?: ByteScale): Promise<Prediction>;
  /** Reads all parameters back. */
  parameters(): Promise<Parameters>;
  /** Overwrites the named parameters and leaves the others. @throws PlanError, ShapeError, DataError */
  setParameters(parameters: Readonly<Record<string, ArrayLike<number>>>): Promise<void>;
  /**
   * Takes other numbers of the optimizer from the next step on, those of its schedule and decay included; its state stays, and so does
   * the count of steps. Nothing is compiled, so all else of it stays: kind, kind of schedule, form of decay, and whether there is a
   * decay or a momentum at all.
   * @throws ModelError
   */
  setOptimizer(optimizer: Optimizer): Promise<void>;
  /**
   * Takes other rows of the same columns, at most `capacity`, and begins a new epoch with the next step. Nothing is compiled. Without
   * `shuffle` they are taken in the order given.
   * @throws ShapeError, DataError
   */
  setData(data: Dataset): Promise<void>;
  /**
   * Reads any tensor that the running plan materialises, as it was left by the last step: in the textbook plan `x`, `y`
   * and z, h, dz, dh, gW, dW, db of every layer. A batch's tensors come with the rows of that batch, f16 deltas without their scale.
   * @throws PlanError for a tensor that the plan does not hold, or one that only a step writes before the first
   */
  read(name: string): Promise<TensorValue>;
  /**
   * A safetensors file of the network, by default with all that is needed to go on training exactly: the optimizer's name and state,
   * the step, and where in the order of the rows the next one begins.
   * @throws ModelError
   */
  save(options?: SaveOptions): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Takes up the parameters, and optimizer state and step if the file has them. Numbers of the optimizer may differ from the file's;
   * another optimizer or network is refused, and nothing is written. Where rows, batch, seed or shuffle differ, the next step begins
   * a new epoch.
   * @throws DataError, ShapeError
   */
  load(bytes: Uint8Array | ArrayBuffer): Promise<void>;
  /** Frees what it holds. Later calls reject, and so do those that wait. */
  dispose(): void;
}

/** A network in training on the CPU, on the calling thread, which it leaves now and then. Made by `createReferenceTrainer`. */
export interface ReferenceTrainer extends Training {
  /**
   * The forward pass over `inputs [rows, columns]`.
   * @param byteScale of inputs that are bytes; what the network was trained with if left out
   * @throws ShapeError, DataError where the rows do not fit
   */
  probe(inputs: ArrayLike<number>, byteScale?: ByteScale): Promise<ReferenceProbe>;
}

/** What `Probe` is on the GPU: the forward pass over fixed rows, with the tensors' values in place of their buffers. */
export interface ReferenceProbe extends Omit<Probe, "buffer"> {
  /** The values of a tensor as the last run left them, `[rows, units]` row-major. @throws PlanError */
  values(name: string): Float32Array<ArrayBuffer>;
}

/** A network in training on the GPU. Made by `createTrainer`. */
export interface Trainer extends Training, Predictor {
  /** What the tuner did; undefined without one. */
  readonly tuning: TuneReport | undefined;
  /** Time from the call of `createTrainer` to the end of compilation, tuning included, in seconds. */
  readonly compileSeconds: number;
  /** Bytes of GPU memory held now, by what they are for; reading and saving take a copy of what is read for as long as they last. */
  readonly memory: Bytes;
  /**
   * The GPU buffer of a tensor, for a renderer, with bytes packed as the plan's `u8` says and f16 deltas with their scale; do not
   * write to it. @throws PlanError, DeviceError
   */
  buffer(name: string): GPUBuffer;
  evaluate: Predictor["evaluate"];
  predict: Predictor["predict"];
  dispose(): void;
}

/** What tells one network of a sweep from the others. */
export interface Variant {
  /** Of the first weights and of the order of the rows; 0 if left out. A whole number from 0 to 2³² − 1. */
  readonly seed?: number;
  /**
   * May differ from the other variants' in every number, those of the schedule included. Kind, kind of schedule and form of
   * decay are compiled, and the same in all, and so is whether there is a decay or a momentum at all.
   */
  readonly optimizer: Optimizer;
}

export interface SweepOptions extends TrainingOptions {
  /** At least one; each trains as it would alone. */
  readonly variants: readonly Variant[];
}

/**
 * A variant's report, or, from the report of the step on whose objective was not finite, why it halted. The times of a report
 * are those of all variants together.
 */
export type VariantReport = Report | NumericError;

/** Variants of one network in training at the same time. Made by `sweep`; each call gives one report a variant, in order. */
export interface Sweep {
  /** The step that the GPU replays for all variants, as data. */
  readonly plan: Plan;
  /** Takes `n` steps with every variant that has not halted. @throws DeviceError */
  step(n?: number): Promise<readonly VariantReport[]>;
  /**
   * Trains epoch by epoch; the reports come when the epoch has ended on the GPU. Ends early once all variants have halted.
   * @throws DeviceError
   */
  fit(options: FitOptions): Fit<readonly VariantReport[]>;
  /** Reads a variant's parameters back. @param variant its index @throws ModelError where there is no such variant */
  parameters(variant: number): Promise<Parameters>;
  /**
   * A safetensors file of a variant, by default with all that a trainer needs to go on exactly.
   * @param variant its index
   * @throws ModelError where there is no such variant
   */
  save(variant: number, options?: SaveOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Frees every buffer on the GPU. Later calls reject. */
  dispose(): void;
}
