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
  /** Takes the ring to the CPU. */
  readonly #staging: GPUBuffer;
  readonly #pace = new Pace();

  /** @param label path that the labels of all GPU objects begin with */
  constructor(gpu: GPUDevice, guard: Guard, program: Program, label: string) {
    this.#gpu = gpu;
    this.#guard = guard;
    this.#program = program;
    this.#label = label;
    this.#ring = program.buffer("ring");
    this.#staging = gpu.createBuffer({
      label: `${label}.staging`,
      size: this.#ring.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  get memory(): Bytes {
    return { staging: this.#staging.size };
  }

  /** Takes up to `steps` steps and hands over the ring once they are done, and before that whenever it is full. */
  async *take(steps: number, signal: AbortSignal | undefined): AsyncGenerator<Stretch, void, undefined> {
    const end = this.step + steps;
    while (this.step < end && !signal?.aborted) {
      const first = this.step + 1;
      await this.#submit(Math.min(end, this.step + RING_RECORDS), signal);
      const last = this.step;
      yield { first, last, words: await this.#readRing() };
    }
  }

  dispose(): void {
    this.#staging.destroy();
  }

  /** Submits steps up to step `end`, at most two submits at a time: one that runs and one that follows it. */
  async #submit(end: number, signal: AbortSignal | undefined): Promise<void> {
    this.#submitNext(end);
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

  async #readRing(): Promise<Uint32Array<ArrayBuffer>> {
    const { size } = this.#ring;
    const encoder = this.#gpu.createCommandEncoder({ label: `${this.#label}.report` });
    encoder.copyBufferToBuffer(this.#ring, 0, this.#staging, 0, size);
    this.#gpu.queue.submit([encoder.finish()]);
    await this.#guard.wait(this.#pace.untilNearlyDone());
    const words = await mapWords(this.#guard, this.#staging, size);
    this.#pace.done();
    return words;
  }
}
