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

/** Longest time in ms that the CPU reference trains before it lets other calls and a frame in between. */
export const CPU_SLICE = 14;

/** Least time in ms between two reports to the page. */
export const REPORT_INTERVAL = 120;

/**
 * Steps to take next so that they last about a slice.
 * @param size steps that were to be taken, of which the next are at most twice as many
 * @param taken steps that were taken in `time` ms
 * @param slice in ms
 */
export const nextSize = (size: number, taken: number, time: number, slice: number): number =>
  Math.max(1, Math.min(2 * size, Math.floor((taken * slice) / Math.max(time, 0.1))));

/** Waits, in ms; 0 lets calls that have come meanwhile go first. */
export const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));
