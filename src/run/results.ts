/** What the calls of a training give. */

/** Averages over the steps since the last report. Losses are per sample. */
export interface Report {
  /** Steps taken since the beginning, these included. */
  readonly step: number;
  /** Epochs begun, counted from 1. */
  readonly epoch: number;
  /** Steps of this report. */
  readonly steps: number;
  /** Samples seen by the steps of this report. */
  readonly rows: number;
  /** ΣL/Σ|B| over the steps, each at the parameters before its update. */
  readonly loss: number;
  /** Σs/Σ|B|. */
  readonly penalty: number;
  /** J/|B| = loss + penalty. */
  readonly objective: number;
  /** Share of rows whose largest output is the target's class; undefined where targets are no classes. */
  readonly accuracy: number | undefined;
  /** Steps of this report that changed nothing, since a delta was out of f16's range; 0 with precision `"f32"`. */
  readonly skipped: number;
  /** η of the last step. */
  readonly learningRate: number;
  /** Wall-clock time of these steps in seconds. */
  readonly seconds: number;
  /** 0 where the clock is too coarse to tell. */
  readonly samplesPerSecond: number;
}

/** Averages over rows that were not trained on. */
export interface Evaluation {
  readonly rows: number;
  /** L/rows, per sample. */
  readonly loss: number;
  /** Share of rows whose largest output is the target's class; undefined where targets are no classes. */
  readonly accuracy: number | undefined;
}

export interface Prediction {
  readonly rows: number;
  /** o `[rows, outputs]` row-major: logits where the loss is softmax cross-entropy. */
  readonly outputs: Float32Array<ArrayBuffer>;
  /** softmax(o) `[rows, outputs]`; undefined unless the loss is softmax cross-entropy. */
  readonly probabilities: Float32Array<ArrayBuffer> | undefined;
  /** Number of the largest output of each row, the first one of equals; undefined unless the loss is softmax cross-entropy. */
  readonly classes: Uint32Array<ArrayBuffer> | undefined;
}

/** A tensor read back from the GPU. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
}

/** Parameters by name: `W1 [units, inputs]`, `b1 [units]`, `W2`, … */
export type Parameters = Readonly<Record<string, Float32Array<ArrayBuffer>>>;
