import { LONG_RING_RECORDS, RECORD_WORDS } from "../../kernels/control.ts";
import { anyHardware, type Hardware } from "../../kernels/tile.ts";
import type { InnerStep } from "../../kernels/whole-steps.ts";
import { isSmall, stepFlops } from "../flops.ts";
import { elementsOf, isHalf } from "../memory.ts";
import type { Plan, Step, Tensor } from "../types.ts";

/** `maxComputeWorkgroupStorageSize` that every WebGPU device has. */
const WORKGROUP_BYTES = 16_384;

/** Invocations that share a step's elements, if a GPU's lanes are many; those of a CPU's adapter run one after the other. */
const GROUP = 64;

/** The most sums that a step unrolls: gradients of parameters, L and hits. */
const MOST_UNROLLED = 258;

/**
 * Makes one kernel of a fused training plan, in which one workgroup runs as many whole steps as it is asked for, with everything
 * but the data in workgroup memory. Applies where the step fits there and is too small to fill more than a workgroup;
 * otherwise the plan comes back as it was.
 *
 * Where the parameters are few, each invocation keeps them all in registers and sums the gradients over its own rows, one
 * row in as many as there are lanes: L, s and the gradients are then summed in another order than by the fused plan.
 * Otherwise every element of a gradient is summed as there.
 * @param workgroupBytes that the step may take of workgroup memory
 */
export function oneDispatch(plan: Plan, { lanes }: Hardware = anyHardware, workgroupBytes = WORKGROUP_BYTES): Plan {
  const inner = plan.steps.flatMap((step): InnerStep[] => (isInner(step) ? [step] : []));
  // The loops take f32 alone.
  if (plan.mode !== "train" || isHalf(plan) || inner.length < plan.steps.length || !isSmall(plan)) return plan;
  const names = Object.keys(plan.tensors);
  const role = (name: string) => plan.tensors[name]?.role;
  const lasting = names.filter((name) => role(name) === "parameter" || role(name) === "state");
  const passing = names.filter((name) => role(name) === "activation" || role(name) === "delta" || name === "scores");
  const kept = layOut(plan, lasting);
  const sums = 2 + layOut(plan, trainedBy(inner)).words;
  const inRegisters = sums * (lanes + 1);
  const registers = sums <= MOST_UNROLLED && 4 * inRegisters <= workgroupBytes;
  const group = registers || lanes < GROUP / 8 ? lanes : GROUP;
  const all = layOut(plan, [...lasting, ...passing]);
  // After all tensors one part of the penalty's squares an invocation.
  const { layout, words } = registers
    ? { layout: kept.layout, words: inRegisters }
    : { layout: { ...all.layout, squares: all.words }, words: all.words + group };
  const control = elementsOf(plan.tensors.control?.shape ?? []);
  if (!registers && 4 * (words + plan.batch + control + 4) > workgroupBytes) return plan;
  const placed = new Set([...passing, "squares", "order"]);
  const tensors: Record<string, Tensor> = {
    resident: { shape: [kept.words], dtype: "f32", role: "scratch", batched: false },
  };
  for (const [name, tensor] of Object.entries(plan.tensors)) {
    // In workgroup memory each has a place of its own.
    const { buffer: _, ...own } = tensor;
    tensors[name] = placed.has(name) ? { ...own, place: "workgroup" } : tensor;
  }
  tensors.ring = { ...(plan.tensors.ring as Tensor), shape: [LONG_RING_RECORDS, RECORD_WORDS] };
  const step: Step = {
    phase: "update",
    kernel: "wholeSteps",
    variant: {
      steps: inner,
      layout,
      words,
      resident: kept.words,
      group,
      registers,
      batch: plan.batch,
      records: LONG_RING_RECORDS,
      classes: plan.tensors.Y?.dtype === "u32",
      bytes: plan.tensors.X?.dtype === "u8",
      flops: stepFlops(plan),
    },
    dims: { steps: 1, variants: 1 },
    bind: { control: "control", ring: "ring", resident: "resident", X: "X", Y: "Y" },
  };
  const gone = [...placed, ...Object.keys(plan.aliases).filter((alias) => placed.has(plan.aliases[alias] ?? ""))];
  return {
    ...plan,
    tensors,
    aliases: Object.fromEntries(Object.entries(plan.aliases).filter(([, name]) => !placed.has(name))),
    steps: [step],
    closing: [],
    resident: Object.fromEntries(lasting.map((name) => [name, kept.layout[name] ?? 0])),
    removed: { ...plan.removed, ...Object.fromEntries(gone.map((name) => [name, "oneDispatch"])) },
  };
}

/** Tensors one after the other: where each begins, in words, and where the last ends. */
function layOut(plan: Plan, names: readonly string[]) {
  const layout: Record<string, number> = {};
  let words = 0;
  for (const name of names) {
    layout[name] = words;
    words += elementsOf(plan.tensors[name]?.shape ?? []);
  }
  return { layout, words };
}

/** Parameters that the steps update. */
const trainedBy = (steps: readonly InnerStep[]): string[] =>
  steps.flatMap((step) =>
    step.kernel === "layerUpdate" ? [step.bind.w, step.bind.bias].filter((name) => name !== undefined) : [],
  );

/** The steps that there are loops for. */
const inner: Readonly<Record<InnerStep["kernel"], true>> = {
  begin: true,
  layerForward: true,
  outputLoss: true,
  layerBackward: true,
  layerUpdate: true,
};

const isInner = (step: Step): step is Step & InnerStep => Object.hasOwn(inner, step.kernel);
