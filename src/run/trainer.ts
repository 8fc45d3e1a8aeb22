import { hardwareOf } from "../device/hardware.ts";
import { checkDevice, type Device } from "../device/open.ts";
import { refusals } from "../device/refused.ts";
import { initialControl } from "../kernels/control.ts";
import { checkOptimizer } from "../model/optimizer.ts";
import { checkOptions, cloneOf } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { checkCapacity } from "./checks.ts";
import { loadPlan, type TrainingStepOptions } from "./draft.ts";
import { createGpuBackend } from "./gpu.ts";
import { initialParameters } from "./network.ts";
import { referenceShape, resolveTraining } from "./setup.ts";
import { createTraining, onlyReport } from "./training.ts";
import type { Trainer, TrainerOptions } from "./types.ts";
import { taking } from "./unfit.ts";

/**
 * Compiles a network's training step and puts its data on the GPU.
 *
 * The step is one plan: forward, loss, backward, update, over a batch that the GPU picks itself. It is recorded anew for
 * each step but never changes: step counter, rows, learning rate and order of the samples are data on the GPU.
 * @throws ModelError, ShapeError, DataError before any GPU work; DeviceError where the device refuses
 */
export const createTrainer = (device: Device, options: TrainerOptions): Promise<Trainer> =>
  taking("createTrainer", (where) => {
    const began = performance.now();
    checkDevice(where, device);
    const shape = { ...referenceShape, precision: 0, tune: 0 } as const;
    const { model, loss, data, capacity, seed = 0, tune, ...described } = checkOptions(where, options, shape);
    const step = { ...described, optimizer: checkOptimizer(`${where}: optimizer`, described.optimizer) };
    count(where, "seed", seed, 0);
    const given = resolveTraining(where, model, loss, data);
    const rows = checkCapacity(where, given.data.rows, capacity);
    // A tuner is called later; what one has found may change until then.
    return create(device, given, step, rows, seed, cloneOf(tune), began);
  });

/**
 * Apart from the call, whose closures would keep what it was given.
 * @param rows that there is room for
 * @param began when the call was made
 */
async function create(
  device: Device,
  { network, data }: ReturnType<typeof resolveTraining>,
  step: Omit<TrainingStepOptions, "rows" | "bytes">,
  rows: number,
  seed: number,
  tune: TrainerOptions["tune"],
  began: number,
): Promise<Trainer> {
  const where = "createTrainer";
  const { optimizer } = step;
  if (step.precision === "f16" && (step.fuse === false || !device.gpu.features.has("shader-f16"))) {
    throw (await refusals()).noRare(device, step);
  }
  const bytes = network.bytes !== undefined;
  const planned = await loadPlan(where, network, { ...step, rows, bytes }, hardwareOf(device));
  const tuned = tune === undefined ? tune : await (await import("./tune/taken.ts")).takeTuned(tune, device, planned);
  const backend = await createGpuBackend(device, "trainer", network, tuned?.plan ?? planned);
  const compileSeconds = (performance.now() - began) / 1000;

  const control = initialControl({ optimizer, dataRows: data.rows, batch: backend.plan.batch, seed });
  const parameters = initialParameters(network.layers, seed);
  backend.write({ X: data.inputs, Y: data.targets, ...parameters }, control);
  const training = createTraining(
    { backend, network, begun: { control, schedule: optimizer.schedule }, optimizer, places: ["training"] },
    onlyReport,
  );
  return {
    ...training,
    tuning: tuned?.report,
    compileSeconds,
    get memory() {
      return backend.memory();
    },
    buffer: backend.buffer,
  };
}
