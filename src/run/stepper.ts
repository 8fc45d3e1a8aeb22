import type { Guard } from "../device/guard.ts";
import type { Program } from "../device/program.ts";
import { RING_RECORDS } from "../kernels/control.ts";
import type { Bytes } from "../plan/memory.ts";
import { Pace } from "./pace.ts";
import { mapWords } from "./readback.ts";

/** Steps `first` to `last`, done, and the words of the ring of metrics that hold them. */
export interface Stretch {
  readonly first: number;
  readonly last: number;
  readonly words: Uint32Array<ArrayBuffer>;
}

/** Takes a program's steps and brings its ring of metrics to the CPU. */
export class Stepper {
  /** Steps submitted so far. */
  step = 0;
  readonly #gpu: GPUDevice;
  readonly #guard: Guard;
  readonly #program: Program;
  readonly #label: string;
  readonly #ring: GPUBuffer;
  /** Take the ring to the CPU in turn: one is read while the other is written. */
  readonly #stagings: readonly [GPUBuffer, GPUBuffer];
  readonly #pace = new Pace();

  /** @param label path that the labels of all GPU objects begin with */
  constructor(gpu: GPUDevice, guard: Guard, program: Program, label: string) {
    this.#gpu = gpu;
    this.#guard = guard;
    this.#program = program;
    this.#label = label;
    this.#ring = program.buffer("ring");
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
   * Takes up to `steps` steps and hands over the ring once they are done, and before that whenever it is full; the GPU is on its
   * way with the next steps by then.
   */
  async *take(steps: number, signal: AbortSignal | undefined): AsyncGenerator<Stretch, void, undefined> {
    const end = this.step + steps;
    let [staging, other] = this.#stagings;
    let copied: Omit<Stretch, "words"> | undefined;
    while (this.step < end && !signal?.aborted) {
      const first = this.step + 1;
      const full = Math.min(end, this.step + RING_RECORDS);
      this.#submitNext(full);
      if (copied) yield { ...copied, words: await this.#read(other) };
      await this.#submit(full, signal);
      this.#copyRing(staging);
      copied = { first, last: this.step };
      [staging, other] = [other, staging];
    }
    if (copied) yield { ...copied, words: await this.#read(other) };
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

  #copyRing(staging: GPUBuffer): void {
    const encoder = this.#gpu.createCommandEncoder({ label: `${this.#label}.report` });
    encoder.copyBufferToBuffer(this.#ring, 0, staging, 0, this.#ring.size);
    this.#gpu.queue.submit([encoder.finish()]);
  }

  /** The words of a copy of the ring, behind which at most one more submit waits. */
  async #read(staging: GPUBuffer): Promise<Uint32Array<ArrayBuffer>> {
    await this.#guard.wait(this.#pace.untilNearlyDone());
    const words = await mapWords(this.#guard, staging, this.#ring.size);
    this.#pace.done(true);
    return words;
  }
}
