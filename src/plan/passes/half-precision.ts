import { boundOperands } from "../../kernels/index.ts";
import type { Tile } from "../../kernels/tile.ts";
import { elementsOf } from "../memory.ts";
import type { Plan, Step, Tensor } from "../types.ts";

/**
 * Stores activations and deltas of a fused training plan as f16, and an f16 copy of each weight matrix for the forward and the
 * backward pass to read. Sums are taken in f32; the output, gradients, parameters and optimizer state stay f32. Each update
 * rounds what it has written into the copy; what opens a submit does so where parameters came from outside. One that binds as
 * many buffers without the copy as every device allows leaves that to the beginning of each step.
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
  /** Weights whose update has no buffer left for the copy. */
  const apart = new Set<string | undefined>();
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
      case "layerUpdate": {
        const halved = { ...step, variant: { ...step.variant, half: true } };
        if (storageBuffers(halved) === STORAGE_BUFFERS) {
          apart.add(step.bind.w);
          return halved;
        }
        const variant = { ...halved.variant, copy: true };
        return { ...step, variant, bind: { ...step.bind, copy: copyOf(step.bind.w) } };
      }
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
  const steps = plan.steps.map(convert);
  const isApart = ({ bind }: Step) => "parameter" in bind && apart.has(bind.parameter);
  return {
    ...plan,
    tensors,
    opening: opening.filter((step) => !isApart(step)),
    steps: [...opening.filter(isApart), ...steps],
    closing: plan.closing.map(convert),
  };
}

/** `maxStorageBuffersPerShaderStage` that every WebGPU device has. */
const STORAGE_BUFFERS = 8;

const storageBuffers = (step: Step): number => boundOperands(step).filter(({ access }) => access !== "uniform").length;

/** A tile whose lanes load apart: they may share only where |B| is known to be the same for all, and here it is an atomic word. */
const alone = (tile: Tile): Tile => ({ ...tile, subgroups: false });
