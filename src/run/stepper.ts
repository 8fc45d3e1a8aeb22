import type { Guard } from "../device/guard.ts";
import type { Program } from "../device/program.ts";
import { RECORD_WORDS } from "../kernels/control.ts";
import type { Bytes } from "../plan/memory.ts";
import { Pace } from "./pace.ts";
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
  readonly #stagings: readonly [GPUBuffer, GPUBuffer];
  readonly #pace = new Pace();

  /** @param label path that the labels of all GPU objects begin with */
  constructor(gpu: GPUDevice, guard: Guard, program: Program, label: string, variants = 1) {
    this.#gpu = gpu;
    this.#guard = guard;
    this.#program = program;
    this.#label = label;
    this.#ring = program.buffer("ring");
    this.#variants = variants;
    this.#records = this.#ring.size / LINE / variants;
    const staging = () =>
      gpu.createBuffer({
        label: `${label}.staging`,
        size: this.#ring.size,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      });
    this.#stagings = [staging(), staging()];
  }

  get memory(): Bytes {
    return { staging: 2 * this.#ring.size };
  }

  /**
   * Takes up to `steps` steps and hands over their lines `[variants, steps, words]` once they are done, and before that whenever the
   * ring's last line is written; the GPU is on its way with the next steps by then.
   */
  async *take(
    steps: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint32Array<ArrayBuffer>, void, undefined> {
    const end = this.step + steps;
    let [staging, other] = this.#stagings;
    let copied = 0;
    while (this.step < end && !signal?.aborted) {
      const first = this.step % this.#records;
      const full = Math.min(end, this.step - first + this.#records);
      this.#submitNext(full);
      if (copied > 0) yield await this.#read(other, copied);
      await this.#submit(full, signal);
      copied = this.#copyLines(staging, first);
      [staging, other] = [other, staging];
    }
    if (copied > 0) yield await this.#read(other, copied);
  }

  dispose(): void {
    for (const staging of this.#stagings) staging.destroy();
  }

  /** Submits steps up to step `end`, at most two submits at a time: one that runs and one that follows it. */
  async #submit(end: number, signal: AbortSignal | undefined): Promise<void> {
    while (this.step < end && !signal?.aborted) {
      await this.#guard.wait(this.#pace.untilNearlyDone());
      const done = this.#gpu.queue.onSubmittedWorkDone();
      this.#submitNext(end);
      await this.#guard.wait(done);
      this.#pace.done();
    }
  }

  #submitNext(end: number): void {
    const steps = Math.min(this.#pace.steps, end - this.step);
    const encoder = this.#gpu.createCommandEncoder({ label: `${this.#label}.step` });
    this.#program.record(encoder, steps);
    this.#gpu.queue.submit([encoder.finish()]);
    this.step += steps;
    this.#pace.submitted(steps);
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

  /** The words of a copy of lines, behind which at most one more submit waits. */
  async #read(staging: GPUBuffer, bytes: number): Promise<Uint32Array<ArrayBuffer>> {
    await this.#guard.wait(this.#pace.untilNearlyDone());
    const words = await mapWords(this.#guard, staging, bytes);
    this.#pace.done(true);
    return words;
  }
}
