import {
  createReferenceTrainer,
  createTrainer,
  type Device,
  type Optimizer,
  type ReferenceTrainer,
  type Trainer,
  type TrainerOptions,
} from "chainrule";

/** What trains: the GPU, or the CPU reference where there is none. */
export type Training = Trainer | ReferenceTrainer;

export const createTraining = async (device: Device | undefined, options: TrainerOptions): Promise<Training> =>
  device ? createTrainer(device, options) : createReferenceTrainer(options);

/** Whether it trains on the GPU, whose pictures are drawn from its buffers. */
export const onGpu = (training: Training): training is Trainer => "buffer" in training;

/** A training that takes other numbers for its optimizer. */
type Adjustable = Training & { setOptimizer?(optimizer: Optimizer): Promise<void> };

/**
 * Trains on with other numbers of an optimizer of the same kind.
 * @returns whether it could, which is to say that no other trainer is needed
 */
export async function setNumbers(training: Adjustable, optimizer: Optimizer): Promise<boolean> {
  if (!training.setOptimizer) return false;
  await training.setOptimizer(optimizer);
  return true;
}
