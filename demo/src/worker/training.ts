import {
  createReferenceTrainer,
  createTrainer,
  type Device,
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
