import type { ControlValues } from "../kernels/control.ts";
import type { Plan } from "../plan/types.ts";
import type { Rows } from "./dataset.ts";
import type { Evaluation, Prediction } from "./types.ts";

/** Words of 32 bits: whole numbers, or the bits of float32 numbers. */
export type Words = Uint32Array<ArrayBuffer>;

/** Where a training's plan runs: on the GPU, on the CPU, or on the GPU for several networks side by side. */
export interface Backend<P> {
  readonly plan: Plan;
  /** Steps taken so far, those too that did nothing because the network had halted. */
  step: number;
  /**
   * Takes up to `steps` steps, or what of them the signal leaves, and gives their lines of the ring `[networks, steps, words]`, part by
   * part.
   */
  take(steps: number, signal: AbortSignal | undefined): AsyncGenerator<Words, void, undefined>;
  /** Tensors by name. @param network its index */
  read(names: readonly string[], network: number): Promise<Read>;
  /**
   * Overwrites tensors from their beginning, and numbers of the control block.
   * @param control of the first network
   */
  write(tensors: Readonly<Record<string, TensorData>>, control?: Partial<ControlValues>): void;
  /** What judges and predicts rows by the parameters as they are when it does; one for all calls. */
  inference(): Inference<P> | Promise<Inference<P>>;
  /** @throws DeviceError once it can do nothing more */
  check(): void;
  dispose(): void;
}

/** The words of tensors by name, and the control block as it was with them. */
export interface Read {
  readonly words: Readonly<Record<string, Words>>;
  readonly control: ControlValues;
}

/** Values in the form that a tensor has on the GPU. */
export type TensorData = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** Rows to be predicted. */
export type Asked = Pick<Rows, "inputs" | "rows">;

/** Judges and predicts rows that were checked. @template P what a probe is */
export interface Inference<P> {
  evaluate(data: Rows): Promise<Evaluation>;
  predict(given: Asked): Promise<Prediction>;
  probe(given: Asked): P | Promise<P>;
}
