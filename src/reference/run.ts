import { PlanError, ShapeError } from "../errors.ts";
import { type ControlValues, encodeControl } from "../kernels/control.ts";
import { decodeControl } from "../kernels/control-after.ts";
import type { Call, CallOf, KernelName } from "../kernels/index.ts";
import { elementsOf } from "../plan/memory.ts";
import { resolveTensor } from "../plan/resolve.ts";
import type { Plan, Tensor } from "../plan/types.ts";
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
import type { Memory, Numbers, Twin } from "./types.ts";
import { weightUpdate } from "./weight-update.ts";

const twins: { readonly [N in KernelName]: Twin<N> } = {
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
  wholeSteps: runWholeSteps,
};

/** Whole steps, one inner step after the other; the last one's line is written at once. */
function runWholeSteps({ variant, dims }: CallOf<"wholeSteps">, memory: Memory): void {
  for (let i = 0; i < dims.steps; i++) for (const step of variant.steps) runTwin(step as Call, memory);
  const begin = variant.steps.find((step) => step.kernel === "begin");
  if (begin) runTwin({ ...begin, variant: { ...begin.variant, closing: true } } as Call, memory);
}

/** Runs the CPU twin of one call. */
export const runTwin = (call: Call, memory: Memory): void => {
  const twin = twins[call.kernel] as (call: Call, memory: Memory) => void;
  twin(call, memory);
};

/** A plan being interpreted on the CPU: the judge of the GPU. */
export interface Reference {
  readonly plan: Plan;
  readonly control: ControlValues;
  /** The values of a tensor, live. @throws PlanError */
  tensor(name: string): Numbers;
  /** Overwrites a tensor. @throws PlanError, ShapeError */
  set(name: string, values: ArrayLike<number>): void;
  /** Runs the plan once. */
  step(): void;
  /** Runs what closes a submit: afterwards the ring holds the last step's line. */
  close(): void;
}

/**
 * Makes a plan ready to be interpreted on the CPU.
 * @param precision of every f32 tensor when stored; sums inside a kernel are always double
 */
export function createReference(
  plan: Plan,
  control: ControlValues,
  precision: "float32" | "float64" = "float32",
): Reference {
  const buffers: Record<string, Numbers> = {};
  const values: Record<string, Numbers> = {};
  /** Elements of each buffer. */
  const rooms: Record<string, number> = {};
  for (const [name, { shape, buffer = name }] of Object.entries(plan.tensors)) {
    rooms[buffer] = Math.max(rooms[buffer] ?? 0, elementsOf(shape));
  }
  for (const [name, tensor] of Object.entries(plan.tensors)) {
    const owner = tensor.buffer ?? name;
    buffers[owner] ??= numbersOf(owner, tensor, rooms[owner] as number, precision);
    values[name] = buffers[owner].subarray(0, elementsOf(tensor.shape));
  }
  // In single precision, as the GPU holds it, where that is what is to be judged.
  const own = precision === "float32" ? decodeControl(encodeControl(control)) : { ...control };
  const tensor = (name: string) => values[resolveTensor(plan, name).name] as Numbers;
  const memory: Memory = {
    control: own,
    numbers: (name) => {
      if (name !== undefined && values[name] !== undefined) return values[name];
      throw new PlanError({
        where: `${plan.mode} plan on the CPU`,
        got: `operand bound to ${name ?? "nothing"}`,
        expected: "a tensor of the plan",
        remedy: "mend the pass that wrote this plan",
      });
    },
  };
  return {
    plan,
    control: own,
    tensor,
    set(name, given) {
      const target = tensor(name);
      if (given.length !== target.length) {
        throw new ShapeError({
          where: `reference: ${name}`,
          got: `${given.length} values`,
          expected: `${target.length}`,
          remedy: "give as many values as the tensor has elements",
        });
      }
      target.set(given);
    },
    step() {
      // A step is a submit of its own here.
      for (const step of [...(plan.opening ?? []), ...plan.steps]) runTwin(step, memory);
    },
    close() {
      for (const step of plan.closing) runTwin(step, memory);
    },
  };
}

/** A tensor's numbers. The ring of metrics holds numbers here, where the GPU packs them as bits. */
function numbersOf(name: string, { role, dtype }: Tensor, length: number, precision: "float32" | "float64"): Numbers {
  if (name === "ring") return new Float64Array(length);
  if (role === "control" || dtype === "u32") return new Uint32Array(length);
  return precision === "float32" ? new Float32Array(length) : new Float64Array(length);
}
