import { afterDispose } from "../errors.ts";
import { initialControl } from "../kernels/control.ts";
import { checkOptimizer } from "../model/optimizer.ts";
import { checkOptions } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { checkCapacity } from "../run/checks.ts";
import { readingWhole } from "../run/faults.ts";
import { initialParameters } from "../run/network.ts";
import { makePlan } from "../run/plan.ts";
import { referenceShape, resolveTraining } from "../run/setup.ts";
import { createTraining, onlyReport } from "../run/training.ts";
import type { ReferenceOptions, ReferenceTrainer } from "../run/types.ts";
import { allocated, createCpuBackend } from "./backend.ts";

/**
 * Trains on the CPU by interpreting the plan that the GPU would run: for small networks where there is no WebGPU, and to judge
 * the GPU by. Sums are taken in double precision and stored as float32.
 *
 * Options, seeds, order of the rows and files are the trainer's. Whole steps in one dispatch are a way to run on a GPU, so
 * `oneDispatch` is taken as false.
 * @throws ModelError, ShapeError, DataError
 */
export function createReferenceTrainer(options: ReferenceOptions): ReferenceTrainer {
  const { network, data, optimizer, seed, plan } = taken(options);
  const begun = initialControl({ optimizer, dataRows: data.rows, batch: plan.batch, seed });
  const reference = allocated(plan, begun);
  const control = { ...reference.control };
  const backend = createCpuBackend(reference, network, () => afterDispose("trainer"));
  const parameters = initialParameters(network.layers, seed);
  backend.write({ X: data.inputs, Y: data.targets, ...parameters });
  return createTraining(
    { backend, network, begun: { control, schedule: optimizer.schedule }, optimizer, places: ["training"] },
    onlyReport,
  );
}

/** All that was given, checked and copied; apart from the trainer, whose closures would keep the options. */
function taken(options: ReferenceOptions) {
  const where = "createReferenceTrainer";
  return readingWhole(where, () => {
    const given = checkOptions(where, options, referenceShape);
    const { model, loss, data: dataset, capacity, seed = 0, ...described } = given;
    const optimizer = checkOptimizer(`${where}: optimizer`, described.optimizer);
    count(where, "seed", seed, 0);
    const { network, data } = resolveTraining(where, model, loss, dataset);
    const rows = checkCapacity(where, data.rows, capacity);
    const plan = makePlan(where, network, { ...described, optimizer, rows, oneDispatch: false });
    return { network, data, optimizer, seed, plan };
  });
}
