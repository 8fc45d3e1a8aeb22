import { CONTROL_WORDS } from "../../kernels/control.ts";
import type { MatmulVariant } from "../../kernels/matmul.ts";
import { anyHardware, type Hardware, tileFor } from "../../kernels/tile.ts";
import type { Layer } from "../../model/layer.ts";
import { type Loss, takesClasses } from "../../model/loss.ts";
import type { Dtype, Mode, Plan, Role, Step, Tensor } from "../types.ts";

/** A network with its sizes. */
export interface NetworkSpec {
  readonly layers: readonly Layer[];
  readonly loss: Loss;
  /** Rows of a full batch. */
  readonly batch: number;
  /** The device that the products are shared out for; one of which nothing is known if left out. */
  readonly hardware?: Hardware | undefined;
}

/** A plan that is being built. */
export interface Draft extends Plan {
  readonly tensors: Record<string, Tensor>;
  readonly aliases: Record<string, string>;
  readonly steps: Step[];
}

/** A plan that holds the control block. */
export function beginPlan(mode: Mode, { batch }: NetworkSpec): Draft {
  const draft: Draft = { mode, batch, tensors: {}, aliases: {}, steps: [], closing: [], removed: {} };
  tensor(draft, "control", "control", [CONTROL_WORDS], "u32");
  return draft;
}

export const tensor = (draft: Draft, name: string, role: Role, shape: readonly number[], dtype: Dtype = "f32") => {
  draft.tensors[name] = { shape, dtype, role, batched: false };
};

/** A tensor of which a batch fills as many rows as it has. */
export const batched = (draft: Draft, name: string, role: Role, shape: readonly number[], dtype: Dtype = "f32") => {
  draft.tensors[name] = { shape, dtype, role, batched: true };
};

/** Columns of x. */
export const inputsOf = ({ layers }: NetworkSpec): number => (layers[0] as Layer).inputs;

/** Columns of o. */
export const outputsOf = ({ layers }: NetworkSpec): number => (layers[layers.length - 1] as Layer).units;

/** Whether a target is the number of a class rather than a row of values. */
export const hasClasses = ({ loss }: NetworkSpec): boolean => takesClasses[loss];

/** h⁽ˡ⁾: `x` for l = 0 and `o` for the last layer. */
export const outputName = (layers: readonly Layer[], l: number): string =>
  l === 0 ? "x" : l === layers.length ? "o" : `h${l}`;

interface ProductDims {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Variant and sizes of a matmul, shared out for a device. */
export function product(dims: ProductDims, what: Partial<MatmulVariant>, { hardware = anyHardware }: NetworkSpec) {
  const { transposeA = false, transposeB = false, bias = false } = what;
  const tile = tileFor({ ...dims, transposeA, transposeB }, hardware);
  return { variant: { transposeA, transposeB, bias, tile }, dims };
}
