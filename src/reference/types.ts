import type { ControlValues } from "../kernels/control.ts";
import type { CallOf, KernelName } from "../kernels/index.ts";

/** Values of a tensor: single precision as on the GPU, or double where the mathematics itself is to be judged. */
export type Numbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** What a twin works on. Sums are taken in double precision and rounded when stored. */
export interface Memory {
  readonly control: ControlValues;
  /** The values bound to an operand. @throws PlanError */
  numbers(name: string | undefined): Numbers;
}

/** The CPU twin of kernel `N`. */
export type Twin<N extends KernelName> = (call: CallOf<N>, memory: Memory) => void;
