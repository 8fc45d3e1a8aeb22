import type { Guard } from "../device/guard.ts";
import type { Program } from "../device/program.ts";
import { RECORD_WORDS } from "../kernels/control.ts";
import { Pace, type Submit } from "./pace.ts";
import { mapWords } from "./readback.ts";

/** Bytes of a line of the ring. */
const LINE = 4 * RECORD_WORDS;

/** Takes a program's steps and brings the lines of its ring of metrics to the CPU. */
export class Stepper {
  /** Steps submitted so far. */
  step = 0;
  readonly #gpu: GPUDevice;
  readonly #guard: Guard;
  readonly #program: Program;
  readonly #label: string;
  readonly #ring: GPUBuffer;
  /** Networks that train side by side, each with a ring of its own. */
  readonly #variants: number;
  /** Lines of each ring. */
  readonly #records: number;
  /** Take the ring to the CPU in turn: one is read while the other is written. */
  readonly #stagings: readonly GPUBuffer[];
  readonly #pace = new Pace();

  /**
   * @param label path that the labels of all GPU objects begin with
   * @param stagings two buffers as large as the ring, to be mapped
   */
  constructor(
    gpu: GPUDevice,
    guard: Guard,
    program: Program,
    label: string,
    variants: number,
    stagings: readonly GPUBuffer[],
  ) {
    this.#gpu = gpu;
    this.#guard = guard;
    this.#program = program;
    this.#label = label;
    this.#ring = program.buffer("ring");
    this.#variants = variants;
    this.#records = this.#ring.size / LINE / variants;
    this.#stagings = stagings;
  }

  /**
   * Takes up to `steps` steps and hands over their lines `[variants, steps, words]` once they are done, and before that whenever the
   * ring's last line is written; the GPU is on its way with the next steps by then.
   */
  async *take(
    steps: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint32Array<ArrayBuffer>, void, undefined> {
    /** What was submitted and is not done, in order: at most two, one that runs and one that follows it. */
    const pending: Submit[] = [];
    const end = this.step + steps;
    const goesOn = (until: number) => this.step < until && !signal?.aborted;

    const submit = (until: number) => {
      const next = Math.min(this.#pace.steps, until - this.step);
      const encoder = this.#gpu.createCommandEncoder({ label: `${this.#label}.step` });
      this.#program.record(encoder, next);
      this.#gpu.queue.submit([encoder.finish()]);
      this.step += next;
      pending.push({ steps: next, began: performance.now(), woke: 0 });
    };
    /** Waits for the oldest submit to be almost done, then for what tells that it is. */
    const finish = async <T>(tell: () => Promise<T>, read: boolean): Promise<T> => {
      const [oldest] = pending as [Submit];
      await this.#guard.wait(this.#pace.sleep(oldest));
      const told = await tell();
      pending.shift();
      this.#pace.done(oldest, read);
      // What waited behind it begins now.
      if (pending[0]) pending[0].began = performance.now();
      return told;
    };

    let [staging, other] = this.#stagings as [GPUBuffer, GPUBuffer];
    let copied = 0;
    /** The words of a copy of lines, behind which at most one more submit waits. */
    const read = () => finish(() => mapWords(this.#guard, other, copied), true);
    while (goesOn(end)) {
      const first = this.step % this.#records;
      const full = Math.min(end, this.step - first + this.#records);
      submit(full);
      if (copied > 0) yield await read();
      while (goesOn(full)) {
        await finish(() => {
          const done = this.#gpu.queue.onSubmittedWorkDone();
          submit(full);
          return this.#guard.wait(done);
        }, false);
      }
      copied = this.#copyLines(staging, first);
      [staging, other] = [other, staging];
    }
    if (copied > 0) yield await read();
  }

  /** Copies the lines from `first` to that of the last step. @returns bytes of the copy */
  #copyLines(staging: GPUBuffer, first: number): number {
    const bytes = LINE * (((this.step - 1) % this.#records) + 1 - first);
    const encoder = this.#gpu.createCommandEncoder({ label: `${this.#label}.report` });
    for (let variant = 0; variant < this.#variants; variant++) {
      const from = LINE * (variant * this.#records + first);
      encoder.copyBufferToBuffer(this.#ring, from, staging, variant * bytes, bytes);
    }
    this.#gpu.queue.submit([encoder.finish()]);
    return this.#variants * bytes;
  }
}
