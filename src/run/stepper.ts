import type { Guard } from "../device/guard.ts";
import type { Program } from "../device/program.ts";
import { RECORD_WORDS } from "../kernels/control.ts";
import { mapWords, type Words } from "./map.ts";
import { createPace, type Submit } from "./pace.ts";

/** Bytes of a line of the ring. */
const LINE = 4 * RECORD_WORDS;

/** Takes a program's steps and brings the lines of its ring of metrics to the CPU. */
export interface Stepper {
  /** Steps submitted so far. */
  step: number;
  /**
   * Takes up to `steps` steps and hands over their lines `[networks, steps, words]` once they are done, and before that whenever the
   * ring's last line is written; the GPU is on its way with the next steps by then.
   */
  take(steps: number, signal: AbortSignal | undefined): AsyncGenerator<Words, void, undefined>;
}

/**
 * @param label path that the labels of all GPU objects begin with
 * @param networks that train side by side, each with a ring of its own
 * @param stagings take the ring to the CPU in turn: one is read while the other is written
 */
export function createStepper(
  gpu: GPUDevice,
  guard: Guard,
  program: Program,
  label: string,
  networks: number,
  stagings: readonly GPUBuffer[],
): Stepper {
  const ring = program.buffer("ring");
  /** Lines of each ring. */
  const records = ring.size / LINE / networks;
  const pace = createPace();

  async function* take(steps: number, signal: AbortSignal | undefined): AsyncGenerator<Words, void, undefined> {
    /** What was submitted and is not done, in order: at most two, one that runs and one that follows it. */
    const pending: Submit[] = [];
    const end = stepper.step + steps;
    const goesOn = (until: number) => stepper.step < until && !signal?.aborted;

    const submit = (until: number) => {
      guard.check();
      const next = Math.min(pace.steps, until - stepper.step);
      const encoder = gpu.createCommandEncoder({ label: `${label}.step` });
      program.record(encoder, next);
      gpu.queue.submit([encoder.finish()]);
      stepper.step += next;
      pending.push({ steps: next, began: performance.now(), woke: 0 });
    };
    /** Waits for the oldest submit to be almost done, then for what tells that it is. */
    const finish = async <T>(tell: () => Promise<T>, read: boolean): Promise<T> => {
      const [oldest] = pending as [Submit];
      await guard.wait(pace.sleep(oldest));
      const told = await tell();
      pending.shift();
      pace.done(oldest, read);
      // What waited behind it begins now.
      if (pending[0]) pending[0].began = performance.now();
      return told;
    };

    let [staging, other] = stagings as [GPUBuffer, GPUBuffer];
    let copied = 0;
    /** The words of a copy of lines, behind which at most one more submit waits. */
    const read = () => finish(() => mapWords(guard, other, copied), true);
    while (goesOn(end)) {
      const first = stepper.step % records;
      const full = Math.min(end, stepper.step - first + records);
      submit(full);
      if (copied > 0) yield await read();
      while (goesOn(full)) {
        await finish(() => {
          const done = gpu.queue.onSubmittedWorkDone();
          submit(full);
          return guard.wait(done);
        }, false);
      }
      copied = copyLines(staging, first);
      [staging, other] = [other, staging];
    }
    if (copied > 0) yield await read();
  }

  /** Copies the lines from `first` to that of the last step. @returns bytes of the copy */
  function copyLines(staging: GPUBuffer, first: number): number {
    const bytes = LINE * (((stepper.step - 1) % records) + 1 - first);
    const encoder = gpu.createCommandEncoder({ label: `${label}.report` });
    for (let network = 0; network < networks; network++) {
      const from = LINE * (network * records + first);
      encoder.copyBufferToBuffer(ring, from, staging, network * bytes, bytes);
    }
    gpu.queue.submit([encoder.finish()]);
    return networks * bytes;
  }

  const stepper = { step: 0, take };
  return stepper;
}
