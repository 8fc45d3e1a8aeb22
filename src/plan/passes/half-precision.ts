import type { Tile } from "../../kernels/tile.ts";
import { elementsOf } from "../memory.ts";
import type { Plan, Step, Tensor } from "../types.ts";

/**
 * Stores activations and deltas of a fused training plan as f16, and an f16 copy of each weight matrix for the forward and the
 * backward pass to read. Sums are taken in f32; the output, gradients, parameters and optimizer state stay f32. Each update
 * rounds what it has written into the copy; what opens a submit does so where parameters came from outside.
 *
 * Deltas are stored S times as large, and sums of them divided by S. Where one is out of range nothing of that step may be
 * applied, so that updates follow the last delta: every kernel that writes deltas writes the control block, and every update
 * reads it. Whole steps in one dispatch, which keep neither in memory, stay as they are.
 */
export function halfPrecision(plan: Plan): Plan {
  if (plan.resident) return plan;
  const tensors: Record<string, Tensor> = { ...plan.tensors };
  const loss = plan.steps.find((step) => step.kernel === "loss");
  const output = loss?.kernel === "loss" ? loss.bind.o : undefined;
  for (const [name, tensor] of Object.entries(plan.tensors)) {
    const passes = tensor.role === "delta" || (tensor.role === "activation" && name !== output);
    if (passes) tensors[name] = { ...tensor, dtype: "f16" };
  }
  const opening: Step[] = [];
  /** Name of the f16 copy of a weight matrix. */
  const copyOf = (name = ""): string => {
    const copy = `half_${name}`;
    if (tensors[copy]) return copy;
    const { shape } = plan.tensors[name] as Tensor;
    tensors[copy] = { shape, dtype: "f16", role: "scratch", batched: false };
    opening.push({
      phase: "begin",
      kernel: "halve",
      variant: {},
      dims: { elements: elementsOf(shape) },
      bind: { parameter: name, copy },
    });
    return copy;
  };
  const convert = (step: Step): Step => {
    switch (step.kernel) {
      case "begin":
        return { ...step, variant: { ...step.variant, half: true } };
      case "layerForward": {
        const half = step.bind.h === output ? "output" : "hidden";
        const variant = { ...step.variant, half, tile: alone(step.variant.tile) } as const;
        return { ...step, variant, bind: { ...step.bind, w: copyOf(step.bind.w) } };
      }
      case "outputLoss":
        return { ...step, variant: { ...step.variant, half: true }, bind: { ...step.bind, w: copyOf(step.bind.w) } };
      case "loss":
        return { ...step, variant: { ...step.variant, half: true } };
      case "layerBackward": {
        const variant = { ...step.variant, half: true, tile: alone(step.variant.tile) };
        return { ...step, variant, bind: { ...step.bind, w: copyOf(step.bind.w) } };
      }
      case "sumRows":
        return { ...step, variant: { ...step.variant, half: true } };
      case "layerGradient":
        return { ...step, variant: { ...step.variant, half: true } };
      case "layerUpdate":
        return { ...step, variant: { ...step.variant, half: true }, bind: { ...step.bind, copy: copyOf(step.bind.w) } };
      case "splitUpdate":
        return { ...step, variant: { ...step.variant, half: true }, bind: { ...step.bind, copy: copyOf(step.bind.w) } };
      // Updates of what lies in no layer, sums of squares of f32 parameters, and the textbook's steps, which no fused plan has.
      case "weightUpdate":
      case "penalty":
      case "advance":
      case "sample":
      case "gatherRows":
      case "matmul":
      case "activation":
      case "record":
      case "gradientMultiply":
      case "decayGradient":
      case "halve":
      case "wholeSteps":
        return step;
    }
  };
  return { ...plan, tensors, opening, steps: plan.steps.map(convert), closing: plan.closing.map(convert) };
}

/** A tile whose lanes load apart: they may share only where |B| is known to be the same for all, and here it is an atomic word. */
const alone = (tile: Tile): Tile => ({ ...tile, subgroups: false });
