import { boundOperands, type OperandOf } from "../../kernels/index.ts";
import { gradientParts } from "../../kernels/layer-gradient.ts";
import { squareParts } from "../../kernels/layer-update.ts";
import { NARROW_OUTPUT } from "../../kernels/output-loss.ts";
import { penaltyParts } from "../../kernels/penalty.ts";
import { reduceGroup } from "../../kernels/record.ts";
import { splitSquareParts } from "../../kernels/split-update.ts";
import type { Plan, Step, StepOf, Tensor } from "../types.ts";

/**
 * Joins the textbook's steps into as few dispatches as leave nothing in memory that no other step needs:
 *
 *     matmul + activation                                → layerForward
 *     layerForward + loss (+ gradientMultiply)           → outputLoss, where the output is narrow
 *     matmul dZ W + gradientMultiply                     → layerBackward
 *     matmul dZᵀH, sumRows, weightUpdate of W and b      → layerUpdate, or layerGradient and splitUpdate for long batches
 *     record of the step before, advance, sample, gather → begin
 *
 * An L-layer network then trains in 3L dispatches, one more where its output is wide and for each split sum. All weights are read by the backward
 * pass before the first is updated, since the updates stay where the textbook has them, at the end. The penalty's squares
 * are summed by the update, of the weights as they were before it. A plan that is fused already comes back as it is.
 */
export function fuse(plan: Plan): Plan {
  if (plan.closing.length > 0) return plan;
  const forward = fuseForward(plan.steps);
  if (plan.mode !== "train") return prune(plan, forward, []);
  const { steps, tensors, parts } = fuseUpdates(fuseBackward(fuseOutput(plan, forward)));
  const { begin, closing } = beginSteps(plan, parts);
  const bytes = plan.tensors.X?.dtype === "u8";
  const picking = steps.map((step) => gather(step, bytes));
  return prune({ ...plan, tensors: { ...plan.tensors, ...tensors } }, [begin, ...picking], closing);
}

type Name = Step["kernel"];

const isStep = <N extends Name>(step: Step, kernel: N): step is StepOf<N> & Step => step.kernel === kernel;

/** The steps of a kernel by the tensor that one of its operands is bound to, no two the same: each step is looked at once, however many ask. */
const by = <N extends Name>(steps: readonly Step[], kernel: N, operand: OperandOf<N>) =>
  new Map(
    steps.flatMap((step) =>
      isStep(step, kernel) ? [[(step as StepOf<N>).bind[operand] as string | undefined, step]] : [],
    ),
  );

/** The step of a kernel of which there is one. */
const only = <N extends Name>(steps: readonly Step[], kernel: N) =>
  steps.find((step): step is StepOf<N> & Step => isStep(step, kernel));

/** Leaves out what is undefined. */
const given = <K extends string>(record: Readonly<Record<K, string | undefined>>): { readonly [N in K]?: string } =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as { [N in K]?: string };

/** h = φ(x Wᵀ + b). */
function fuseForward(steps: readonly Step[]): Step[] {
  const activations = by(steps, "activation", "z");
  const fused = steps.map((step): Step => {
    if (!isStep(step, "matmul") || step.phase !== "forward") return step;
    const { a, b, c, bias } = step.bind;
    const activation = activations.get(c);
    return {
      phase: "forward",
      kernel: "layerForward",
      variant: {
        activation: activation?.variant.activation ?? "identity",
        bias: step.variant.bias,
        gather: false,
        tile: step.variant.tile,
      },
      dims: step.dims,
      bind: { control: "control", ...given({ x: a, w: b, h: activation?.bind.h ?? c, bias }) },
    };
  });
  // Each is of the product before it.
  return fused.filter((step) => !isStep(step, "activation"));
}

/** The last layer with the loss and its delta; where the output is wide, only the delta's slope joins the loss. */
function fuseOutput(plan: Plan, steps: readonly Step[]): Step[] {
  const loss = only(steps, "loss");
  const layer = by(steps, "layerForward", "h").get(loss?.bind.o);
  if (!loss || !layer) return [...steps];
  const slope = by(steps, "gradientMultiply", "dh").get(loss.bind.do);
  const dz = slope?.bind.dz ?? loss.bind.do;
  const { inner, columns: units } = layer.dims;
  // In a network that trains nothing no step asks for ∂J/∂z: `do` is ∂J/∂o then, and stays so.
  const narrow = units <= NARROW_OUTPUT && (slope !== undefined || layer.variant.activation === "identity");
  const { activation, bias, tile } = layer.variant;
  const { lanes: group, subgroups } = tile;
  const joined: Step = narrow
    ? {
        phase: "loss",
        kernel: "outputLoss",
        variant: { activation, bias, gather: false, loss: loss.variant.loss, units, delta: true, group, subgroups },
        dims: { rows: plan.batch, inner },
        bind: {
          control: "control",
          ...given({ x: layer.bind.x, w: layer.bind.w, bias: layer.bind.bias, y: loss.bind.y, dz }),
          scores: "scores",
        },
      }
    : {
        ...loss,
        variant: { ...loss.variant, slope: slope?.variant.activation ?? "identity" },
        bind: { ...loss.bind, ...given({ do: dz }) },
      };
  return steps.flatMap((step) => (step === loss ? [joined] : narrow && step === layer ? [] : [step]));
}

/** dz⁽ˡ⁻¹⁾ = (dz⁽ˡ⁾ W) ⊙ φ′, which leaves no gradientMultiply anything to do. */
function fuseBackward(steps: readonly Step[]): Step[] {
  const slopes = by(steps, "gradientMultiply", "dh");
  const layers = by(steps, "layerForward", "w");
  const output = only(steps, "outputLoss");
  return steps.map((step): Step => {
    if (!isStep(step, "matmul") || step.phase !== "backward" || step.variant.transposeA) return step;
    const slope = slopes.get(step.bind.c);
    // Without an activation dz is dh: the slope is 1, and h is what the layer above took.
    const h = slope?.bind.h ?? (layers.get(step.bind.b) ?? output)?.bind.x;
    return {
      phase: "backward",
      kernel: "layerBackward",
      variant: { activation: slope?.variant.activation ?? "identity", tile: step.variant.tile },
      dims: step.dims,
      bind: {
        control: "control",
        ...given({ dz: step.bind.a, w: step.bind.b, h, below: slope?.bind.dz ?? step.bind.c }),
      },
    };
  });
}

/** Steps of the textbook that `begin`, `layerBackward` and `layerUpdate` take over wholly. */
const taken = new Set<Name>(["record", "gradientMultiply", "decayGradient", "advance", "sample", "gatherRows"]);

/** W and b updated where their gradients are summed, or after that where the sums are split. */
function fuseUpdates(steps: readonly Step[]): FusedUpdates {
  const products = by(steps, "matmul", "c");
  const sums = by(steps, "sumRows", "dz");
  const updates = by(steps, "weightUpdate", "g");
  const absorbed = new Set<Step>();
  const penalty = steps.some((step) => isStep(step, "penalty"));
  const tensors: Record<string, Tensor> = {};
  /** What a product becomes whose sums are split. */
  const gradients = new Map<Step, Step>();
  let parts = 0;
  const fused = steps.map((step): Step => {
    const product = isStep(step, "weightUpdate") && products.get(step.bind.g);
    if (!isStep(step, "weightUpdate") || !product) return step;
    // b of the same layer: its gradient sums the rows of the same delta.
    const sum = sums.get(product.bind.a);
    const bias = sum && updates.get(sum.bind.db);
    for (const one of [product, sum, bias]) if (one) absorbed.add(one);
    const decays = penalty && Boolean(step.variant.decay || bias?.variant.decay);
    const { rows, inner, columns } = product.dims;
    const { tile } = product.variant;
    const variant = {
      ...step.variant,
      bias: bias !== undefined,
      biasDecay: bias?.variant.decay ?? false,
      penalty: decays,
    };
    const dims = { ...product.dims, offset: parts };
    const bind = given({
      w: step.bind.parameter,
      state: step.bind.state,
      bias: bias?.bind.parameter,
      biasState: bias?.bind.state,
      squares: decays ? "squares" : undefined,
    });
    const operands = given({ dz: product.bind.a, x: product.bind.b });
    const split = gradientParts(rows, inner, columns);
    if (split === 1) {
      if (decays) parts += squareParts(rows, columns, tile);
      return {
        phase: "update",
        kernel: "layerUpdate",
        variant: { ...variant, gather: false, tile },
        dims,
        bind: { control: "control", ...operands, ...bind },
      };
    }
    if (decays) parts += splitSquareParts(rows, columns, variant.bias);
    const parted = `${step.bind.g}Parts`;
    tensors[parted] = {
      shape: [split, rows * (columns + (variant.bias ? 1 : 0))],
      dtype: "f32",
      role: "gradient",
      batched: false,
    };
    gradients.set(product, {
      phase: "backward",
      kernel: "layerGradient",
      variant: { bias: variant.bias, gather: false, tile },
      dims: product.dims,
      bind: { control: "control", ...operands, parts: parted },
    });
    return {
      phase: "update",
      kernel: "splitUpdate",
      variant,
      dims,
      bind: { control: "control", parts: parted, ...bind },
    };
  });
  // The penalty of a bias whose weights are frozen, which no update of a layer sums.
  const summed = new Set(
    fused.flatMap((step) =>
      isStep(step, "layerUpdate") || isStep(step, "splitUpdate") ? [step.bind.w, step.bind.bias] : [],
    ),
  );
  const kept = fused.flatMap((step): Step[] => {
    const gradient = gradients.get(step);
    if (gradient) return [gradient];
    if (absorbed.has(step) || taken.has(step.kernel)) return [];
    if (!isStep(step, "penalty")) return [step];
    if (summed.has(step.bind.w)) return [];
    const offset = parts;
    parts += penaltyParts(step.dims.elements);
    return [{ ...step, dims: { ...step.dims, offset } }];
  });
  if (parts > 0) tensors.squares = { shape: [parts], dtype: "f32", role: "metric", batched: false };
  return { steps: kept, tensors, parts };
}

interface FusedUpdates {
  readonly steps: readonly Step[];
  /** Tensors that the textbook plan does not have. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Parts in which the penalty's squares are summed. */
  readonly parts: number;
}

/** What stands between two steps, and what closes a submit. */
function beginSteps(plan: Plan, parts: number): { begin: Step; closing: Step[] } {
  const advance = only(plan.steps, "advance");
  const variant = {
    schedule: advance?.variant.schedule ?? "constant",
    decay: advance?.variant.decay ?? "per-batch",
    penalty: parts > 0,
    group: reduceGroup(Math.max(plan.batch, parts)),
    shuffle: only(plan.steps, "sample")?.variant.shuffle ?? false,
  };
  const dims = { rows: plan.batch, parts };
  const bind = {
    control: "control",
    ring: "ring",
    scores: "scores",
    ...given({ squares: parts > 0 ? "squares" : undefined }),
  };
  const step = { phase: "begin", kernel: "begin", dims } as const;
  return {
    begin: { ...step, variant: { ...variant, closing: false }, bind: { ...bind, order: "order" } },
    closing: [{ ...step, variant: { ...variant, closing: true }, bind }],
  };
}

/** The first layer, and the loss, take their rows straight out of the resident data. */
function gather(given: Step, bytes: boolean): Step {
  const step = isStep(given, "loss") ? { ...given, variant: { ...given.variant, gather: true } } : given;
  const { variant, bind } = step;
  const picked = { ...bind, ...("y" in bind ? { y: "Y", order: "order" } : {}) };
  if (!("gather" in variant && "x" in bind && bind.x === "x")) return { ...step, bind: picked } as Step;
  const picking = { ...variant, gather: true, ...(bytes ? { bytes } : {}) };
  return { ...step, variant: picking, bind: { ...picked, x: "X", order: "order" } } as Step;
}

/** Keeps the tensors that a step still touches and says of the others which pass removed them. */
function prune(plan: Plan, steps: readonly Step[], closing: readonly Step[]): Plan {
  const used = new Set([...steps, ...closing].flatMap((step) => boundOperands(step).map(({ tensor }) => tensor)));
  // Parameters stay even where no step touches them, so that every plan of a network holds them all.
  const stays = (name: string) => used.has(name) || plan.tensors[name]?.role === "parameter";
  const aliases = Object.entries(plan.aliases);
  const gone = [
    ...Object.keys(plan.tensors).filter((name) => !stays(name)),
    ...aliases.flatMap(([alias, name]) => (stays(name) ? [] : [alias])),
  ];
  return {
    ...plan,
    tensors: Object.fromEntries(Object.entries(plan.tensors).filter(([name]) => stays(name))),
    aliases: Object.fromEntries(aliases.filter(([, name]) => stays(name))),
    steps,
    closing,
    removed: { ...plan.removed, ...Object.fromEntries(gone.map((name) => [name, "fuse"])) },
  };
}
