import type { Call, CallOf, KernelName } from "../kernels/index.ts";
import type { Dtype } from "../kernels/types.ts";

export type { Dtype };

/** What a tensor is for. */
export type Role =
  | "data"
  | "parameter"
  | "state"
  | "activation"
  | "delta"
  | "gradient"
  | "metric"
  | "scratch"
  | "control";

export interface Tensor {
  /** Row-major. */
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly role: Role;
  /** Whether the first dimension counts the rows of a batch, of which a partial batch fills only some. */
  readonly batched: boolean;
  /** Where a tensor lives that has no buffer: in a kernel's workgroup memory, or in the tensor `resident`, once a variant. */
  readonly place?: "workgroup" | "resident";
  /** The tensor in whose buffer this one lies until that one is written; a buffer of its own if left out. */
  readonly buffer?: string;
}

/** Forward and backward read the parameters as they were before the step; an update follows all that read what it changes. */
export type Phase = "begin" | "forward" | "loss" | "backward" | "update";

/** One dispatch. */
export type Step = Call & { readonly phase: Phase };
export type StepOf<N extends KernelName> = CallOf<N> & { readonly phase: Phase };

export type Mode = "train" | "evaluate" | "predict";

/**
 * A step of training, evaluation or prediction as pure data (JSON): which tensors there are and which kernels run over
 * them, in order. The GPU replays it; the CPU reference interprets it; `formatPlan` prints it.
 */
export interface Plan {
  readonly mode: Mode;
  /** Rows that the batched tensors have room for. */
  readonly batch: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Other names of tensors, where the mathematics makes two equal: `o` = z of a last layer without activation. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  /** Dispatches that go before the first step of a submit; none if left out. */
  readonly opening?: readonly Step[];
  /** Dispatches that follow the last step of a submit: what a step would otherwise leave to the beginning of the next. */
  readonly closing: readonly Step[];
  /** Tensors of the textbook plan that are not there to be read after a step, with the pass that removed each. */
  readonly removed: Readonly<Record<string, string>>;
  /**
   * Where the step's kernel keeps parameters and state while a submit runs: their first words in the tensor `resident`, which they
   * are copied into before the first step and out of after the last, unless they live there.
   */
  readonly resident?: Readonly<Record<string, number>>;
}
