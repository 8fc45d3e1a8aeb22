import { initialControl, RECORD_WORDS } from "../../src/kernels/control.ts";
import { type Model, resolveLayers } from "../../src/model/layer.ts";
import type { Loss } from "../../src/model/loss.ts";
import type { Optimizer } from "../../src/model/optimizer.ts";
import { buildEvaluatePlan } from "../../src/plan/build.ts";
import { createReference, type Reference } from "../../src/reference/run.ts";
import { planTraining } from "../../src/run/plan.ts";

/** Parameters by name: `W1`, `b1`, …, row-major. */
export type ParameterValues = Readonly<Record<string, ArrayLike<number>>>;

/** A training run on the CPU. */
export interface Run {
  readonly model: Model;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** `[rows, columns]` row-major. */
  readonly inputs: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly rows: number;
  /** `rows` if left out. */
  readonly batch?: number;
  /** Whether each epoch takes the rows in a new order; false if left out. */
  readonly shuffle?: boolean;
  /** Whether the fused plan is run; the textbook's if left out. */
  readonly fuse?: boolean;
  readonly parameters: ParameterValues;
}

const setAll = (reference: Reference, values: ParameterValues) => {
  for (const [name, numbers] of Object.entries(values)) reference.set(name, numbers);
};

/** The plan of a run, interpreted in double precision. */
export function trainReference(run: Run): Reference {
  const { model, loss, optimizer, inputs, targets, rows: dataRows, batch = dataRows, shuffle = false } = run;
  const columns = inputs.length / dataRows;
  const { fuse = false } = run;
  const plan = planTraining({
    model,
    loss,
    optimizer,
    inputs: columns,
    rows: dataRows,
    batch,
    shuffle,
    fuse,
    oneDispatch: false,
  });
  const reference = createReference(plan, initialControl({ optimizer, dataRows, batch, seed: 0 }), "float64");
  setAll(reference, { X: inputs, Y: targets, ...run.parameters });
  return reference;
}

/** The plan that judges all rows of a run as one batch, interpreted in double precision. */
export function evaluateReference({ model, loss, optimizer, inputs, targets, rows, parameters }: Run): Reference {
  const layers = resolveLayers(model, inputs.length / rows, loss);
  const control = initialControl({ optimizer, dataRows: rows, batch: rows, seed: 0 });
  // The evaluate plan does not advance: its line of the ring is the step that the control block names.
  const reference = createReference(
    buildEvaluatePlan({ layers, loss, batch: rows }),
    { ...control, step: 1 },
    "float64",
  );
  setAll(reference, { x: inputs, y: targets, ...parameters });
  return reference;
}

/** A line of the reference's ring, which holds numbers where the GPU's holds bits. @param step counted from 1 */
export function recordOf(reference: Reference, step: number) {
  const line = reference.tensor("ring").subarray((step - 1) * RECORD_WORDS, step * RECORD_WORDS);
  const [loss = NaN, penalty = NaN, hits = NaN, rows = NaN, number = NaN, halted = NaN, rate = NaN, epoch = NaN] = line;
  return { loss, penalty, hits, rows, step: number, halted, learningRate: rate, epoch };
}
