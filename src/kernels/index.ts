import { activation } from "./activation.ts";
import { advance } from "./advance.ts";
import { begin } from "./begin.ts";
import { decayGradient } from "./decay-gradient.ts";
import { gatherRows } from "./gather-rows.ts";
import { gradientMultiply } from "./gradient-multiply.ts";
import { halve } from "./halve.ts";
import { layerBackward } from "./layer-backward.ts";
import { layerForward } from "./layer-forward.ts";
import { layerGradient } from "./layer-gradient.ts";
import { layerUpdate } from "./layer-update.ts";
import { loss } from "./loss.ts";
import { matmul } from "./matmul.ts";
import { outputLoss } from "./output-loss.ts";
import { penalty } from "./penalty.ts";
import { record } from "./record.ts";
import { sample } from "./sample.ts";
import { splitUpdate } from "./split-update.ts";
import { sumRows } from "./sum-rows.ts";
import type { Access, Content, Dims, Kernel, Workgroups } from "./types.ts";
import { weightUpdate } from "./weight-update.ts";
import { wholeSteps } from "./whole-steps.ts";

/** Every kernel by name. */
export const kernels = {
  advance,
  sample,
  gatherRows,
  matmul,
  activation,
  loss,
  penalty,
  record,
  gradientMultiply,
  sumRows,
  decayGradient,
  weightUpdate,
  begin,
  layerForward,
  outputLoss,
  layerBackward,
  layerUpdate,
  layerGradient,
  splitUpdate,
  halve,
  wholeSteps,
};

export type KernelName = keyof typeof kernels;
export type VariantOf<N extends KernelName> = Parameters<(typeof kernels)[N]["operands"]>[0];
export type DimOf<N extends KernelName> = (typeof kernels)[N]["dims"][number];
export type OperandOf<N extends KernelName> = ReturnType<(typeof kernels)[N]["operands"]>[number]["name"];

/** One dispatch of kernel `N` as data. */
export interface CallOf<N extends KernelName> {
  readonly kernel: N;
  readonly variant: VariantOf<N>;
  readonly dims: Dims<DimOf<N>>;
  /** Name of the tensor that each operand is bound to. */
  readonly bind: Readonly<Partial<Record<OperandOf<N>, string>>>;
}

/** One dispatch of any kernel. */
export type Call = { [N in KernelName]: CallOf<N> }[KernelName];

/** An operand of a call with the tensor bound to it; the tensor is undefined where the call forgot it. */
export interface BoundOperand {
  readonly operand: string;
  readonly access: Access;
  readonly content: Content;
  readonly tensor: string | undefined;
  /** Elements that the tensor must have at least. */
  readonly elements: number;
}

const descriptor = (call: Call) => kernels[call.kernel] as Kernel<unknown, string, string>;

/** The operands of a call in the order of its bindings, 1 first. */
export const boundOperands = (call: Call): BoundOperand[] => {
  const bind: Readonly<Record<string, string | undefined>> = call.bind;
  const kernel = descriptor(call);
  const sizes = kernel.sizes(call.dims, call.variant);
  return kernel.operands(call.variant).map(({ name, access, content }) => ({
    operand: name,
    access,
    content,
    tensor: bind[name],
    elements: sizes[name] ?? 0,
  }));
};

/** The sizes of a call in the order of its `Dims` struct. */
export const dimsOf = (call: Call): number[] => {
  const dims: Readonly<Record<string, number | undefined>> = call.dims;
  return descriptor(call).dims.map((name) => dims[name] ?? 0);
};

export const workgroupsOf = (call: Call): Workgroups => descriptor(call).workgroups(call.dims, call.variant);

export const flopsOf = (call: Call): number => descriptor(call).flops(call.dims, call.variant);
