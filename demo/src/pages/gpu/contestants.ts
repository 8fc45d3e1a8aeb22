import { createReferenceTrainer, createTrainer, type Device } from "chainrule";
import type { Training } from "../../worker/training.ts";
import { optionsOf, type StartedTask } from "./tasks.ts";

export const contestantNames = ["chainrule", "tfjs", "reference"] as const;
export type ContestantName = (typeof contestantNames)[number];

/** A network in training by one of those that are compared. */
export interface Contestant {
  /** Takes `steps` steps. @returns the last one's loss, at the weights before its update */
  step(steps: number): Promise<number>;
  /** Back to the first weights, with nothing left to do. */
  reset(): Promise<void>;
  dispose(): Promise<void>;
}

/** Makes a contestant ready for a task. */
export type Enter = (task: StartedTask) => Promise<Contestant>;

/** The library on the GPU, as it is shipped. */
export const enterChainrule =
  (device: Device): Enter =>
  async (task) =>
    contestant(await createTrainer(device, optionsOf(task)), task, () => device.gpu.queue.onSubmittedWorkDone());

/** The library's plan, interpreted on one core of the CPU. */
export const enterReference: Enter = async (task) =>
  contestant(createReferenceTrainer(optionsOf(task)), task, async () => {});

async function contestant(
  training: Training,
  { parameters }: StartedTask,
  idle: () => Promise<void>,
): Promise<Contestant> {
  await training.setParameters(parameters);
  const start = await training.save();
  return {
    async step(steps) {
      // A report averages over its steps; the last one is taken apart, so that its own loss is read.
      if (steps > 1) await training.step(steps - 1);
      return (await training.step()).loss;
    },
    async reset() {
      await training.load(start);
      await idle();
    },
    async dispose() {
      training.dispose();
    },
  };
}
