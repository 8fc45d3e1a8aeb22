import { PlanError } from "../errors.ts";
import { type BoundOperand, boundOperands, kernels } from "../kernels/index.ts";
import type { Content } from "../kernels/types.ts";
import type { InnerStep } from "../kernels/whole-steps.ts";
import { activations } from "../model/activation.ts";
import { losses } from "../model/loss.ts";
import { decays, stateWidths } from "../model/optimizer.ts";
import { checkWord, refuse as refuseAs } from "../model/options.ts";
import { schedules } from "../model/schedule.ts";
import { allSteps, elementsOf } from "./memory.ts";
import type { Plan, Step, Tensor } from "./types.ts";

/**
 * Checks that a plan can run as written: every operand is bound to a tensor that is large enough and of its type, nothing is
 * read before it is written or after another was written into its buffer, no buffer is read and written by the same dispatch, no
 * parameter is read after its update, and nothing is updated before all that may halt or skip the step is done.
 * @throws PlanError naming the step
 */
export function checkPlan(plan: Plan): void {
  const written = new Set(initiallyWritten(plan));
  const updated = new Set<string>();
  const holders = new Map<string, string>();
  const known = words();
  allSteps(plan).forEach((step, index) => {
    const where = `${plan.mode} plan: step ${index + 1} (${step.kernel})`;
    checkWords(step, where, known);
    if (step.kernel === "wholeSteps") {
      const inner = { ...known, kernel: Object.keys(kernels).filter((name) => name !== step.kernel) };
      for (const one of step.variant.steps) checkWords(one, where, inner);
    }
    const operands: readonly BoundOperand[] = boundOperands(step);
    checkOperands(plan, operands, where);
    const isMetric = (tensor: string) => plan.tensors[tensor]?.role === "metric";
    for (const { access, tensor, operand } of operands) {
      const metric = isMetric(tensor);
      // What begins a step looks back at the sums of the one before.
      if (step.phase === "begin" && metric) continue;
      const holder = holders.get(ownerOf(plan, tensor)) ?? tensor;
      const inPlace = (step.phase === "update" && !metric) || tensor === "control";
      if ((access !== "readWrite" || inPlace) && !written.has(tensor)) {
        refuse(where, `${operand} = ${tensor}, which no step has written`, "a tensor written by an earlier step");
      }
      if (access !== "readWrite" && holder !== tensor) {
        refuse(where, `${operand} = ${tensor}, in whose buffer ${holder} lies`, "a tensor that is still there");
      }
      if (tensor === "control" && access === "readWrite" && step.phase !== "begin" && updated.size > 0) {
        refuse(where, "an update before it", "all updates after what may halt them");
      }
      if (updated.has(tensor)) {
        refuse(where, `${operand} = ${tensor}, which this step has updated already`, "parameters from before the step");
      }
    }
    for (const { access, tensor } of operands) {
      if (access !== "readWrite") continue;
      written.add(tensor);
      holders.set(ownerOf(plan, tensor), tensor);
      if (step.phase === "update" && !isMetric(tensor)) updated.add(tensor);
    }
  });
}

/** Words by what they are of. */
type Words = Readonly<Record<string, readonly unknown[]>>;

/** The words that a step and its variant may say. A function, which no page has that checks no plan. */
const words = (): Words => {
  const decaysOrNone = [...decays, false];
  return {
    kernel: Object.keys(kernels),
    activation: activations,
    slope: activations,
    loss: losses,
    optimizer: Object.keys(stateWidths),
    decay: decaysOrNone,
    biasDecay: decaysOrNone,
    schedule: schedules,
  };
};

/** A plan may come as data, of another version. */
function checkWords({ kernel, variant }: Step | InnerStep, where: string, known: Words): void {
  for (const [name, word] of Object.entries({ ...variant, kernel })) {
    checkWord(where, `${name} `, word, known[name] ?? [word], PlanError);
  }
}

type Bound = BoundOperand & { readonly tensor: string };

/** Tensors that hold values before a step begins. */
function initiallyWritten({ mode, tensors }: Plan): string[] {
  return Object.entries(tensors)
    .filter(([name, { role, batched }]) => {
      if (["parameter", "state", "scratch", "control"].includes(role)) return true;
      return role === "data" && (mode === "train" ? !batched : name === "x" || name === "y");
    })
    .map(([name]) => name);
}

function checkOperands(
  plan: Plan,
  operands: readonly BoundOperand[],
  where: string,
): asserts operands is readonly Bound[] {
  const readers = new Set<string>();
  const writers = new Set<string>();
  /** What the words are that this step moves as they are. */
  let moved: Content = "f32 or u32";
  for (const { operand, access, content, tensor: name, elements } of operands) {
    if (name === undefined || !Object.hasOwn(plan.tensors, name)) {
      refuse(where, `${operand} bound to ${name ?? "nothing"}`, "a tensor of the plan");
    }
    const tensor = plan.tensors[name] as Tensor;
    const isMoved = content === "f32 or u32";
    const expected: Content = isMoved ? moved : content;
    const held = tensor.role === "control" ? "control" : tensor.dtype;
    if (!expected.split(" or ").includes(held)) {
      refuse(where, `${operand} = ${name} of ${held}`, `a tensor of ${expected}`);
    }
    if (isMoved) moved = held;
    if (elementsOf(tensor.shape) < elements) {
      refuse(where, `${operand} = ${name} [${tensor.shape.join(", ")}]`, `at least ${elements} elements`);
    }
    const owner = ownerOf(plan, name);
    if (writers.has(owner) || (access === "readWrite" && readers.has(owner))) {
      refuse(where, `${owner} bound twice, and written`, "each written tensor bound once");
    }
    (access === "readWrite" ? writers : readers).add(owner);
  }
}

/** The tensor whose buffer a tensor lies in. */
const ownerOf = ({ tensors }: Plan, name: string): string => tensors[name]?.buffer ?? name;

function refuse(where: string, got: string, expected: string): never {
  refuseAs(where, got, expected, "mend the pass that wrote this plan", PlanError);
}
