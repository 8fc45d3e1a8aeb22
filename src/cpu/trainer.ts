import { afterDispose } from "../errors.ts";
import { initialControl } from "../kernels/control.ts";
import { checkOptimizer } from "../model/optimizer.ts";
import { checkOptions } from "../model/options.ts";
import { createReference } from "../reference/run.ts";
import { checkCapacity, checkSeed } from "../run/checks.ts";
import { errorOf } from "../run/faults.ts";
import { initialParameters } from "../run/network.ts";
import { makePlan } from "../run/plan.ts";
import { referenceShape, resolveTraining } from "../run/setup.ts";
import { createTraining, onlyReport } from "../run/training.ts";
import type { ReferenceOptions, ReferenceTrainer } from "../run/types.ts";
import { Unfit } from "../run/unfit.ts";
import { createCpuBackend } from "./backend.ts";

/**
 * Trains on the CPU by interpreting the plan that the GPU would run: for small networks where there is no WebGPU, and to judge
 * the GPU by. Sums are taken in double precision and stored as float32.
 *
 * Options, seeds, order of the rows and files are the trainer's. Whole steps in one dispatch are a way to run on a GPU, so
 * `oneDispatch` is taken as false.
 * @throws ModelError, ShapeError, DataError
 */
export function createReferenceTrainer(options: ReferenceOptions): ReferenceTrainer {
  const where = "createReferenceTrainer";
  checkOptions(where, options, referenceShape);
  const { model: _, loss: __, data: ___, capacity, seed = 0, ...described } = options;
  const optimizer = checkOptimizer(`${where}: optimizer`, described.optimizer);
  const step = { ...described, optimizer };
  checkSeed(where, seed);
  const { network, data } = resolved(where, options);
  const rows = checkCapacity(where, capacity, data.rows);
  const plan = makePlan(where, network, { ...step, rows, oneDispatch: false });
  const reference = createReference(plan, initialControl({ optimizer, dataRows: data.rows, batch: plan.batch, seed }));
  const control = { ...reference.control };
  const backend = createCpuBackend(reference, network, () => afterDispose("trainer"));
  const parameters = initialParameters(network.layers, seed);
  backend.write({ X: data.inputs, Y: data.targets, ...parameters });
  return createTraining(
    { backend, network, begun: { control, schedule: optimizer.schedule }, optimizer, places: ["training"] },
    onlyReport,
  );
}

/** Apart from the trainer, whose closures would keep the options. @throws the error of a check, with its words */
function resolved(where: string, options: ReferenceOptions): ReturnType<typeof resolveTraining> {
  try {
    return resolveTraining(where, options);
  } catch (cause) {
    throw cause instanceof Unfit ? errorOf(cause) : cause;
  }
}
