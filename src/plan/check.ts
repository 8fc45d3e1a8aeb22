import { PlanError } from "../errors.ts";
import { boundOperands } from "../kernels/index.ts";
import type { Content } from "../kernels/types.ts";
import { allSteps, elementsOf } from "./memory.ts";
import type { Plan, Step } from "./types.ts";

/**
 * Checks that a plan can run as written: every operand is bound to a tensor that is large enough and of its type, nothing is
 * read before it is written or after another was written into its buffer, no buffer is read and written by the same dispatch, and no
 * parameter is read after its update.
 * @throws PlanError naming the step
 */
export function checkPlan(plan: Plan): void {
  const written = new Set(initiallyWritten(plan));
  const updated = new Set<string>();
  const holders = new Map<string, string>();
  allSteps(plan).forEach((step, index) => {
    const where = `${plan.mode} plan: step ${index + 1} (${step.kernel})`;
    checkOperands(plan, step, where);
    for (const { access, tensor, operand } of boundOperands(step)) {
      if (tensor === undefined) continue;
      const metric = plan.tensors[tensor]?.role === "metric";
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
      if (updated.has(tensor)) {
        refuse(where, `${operand} = ${tensor}, which this step has updated already`, "parameters from before the step");
      }
    }
    for (const { access, tensor } of boundOperands(step)) {
      if (access !== "readWrite" || tensor === undefined) continue;
      written.add(tensor);
      holders.set(ownerOf(plan, tensor), tensor);
      if (step.phase === "update" && plan.tensors[tensor]?.role !== "metric") updated.add(tensor);
    }
  });
}

/** Tensors that hold values before a step begins. */
function initiallyWritten({ mode, tensors }: Plan): string[] {
  return Object.entries(tensors)
    .filter(([name, { role, batched }]) => {
      if (role === "parameter" || role === "state" || role === "scratch" || role === "control") return true;
      return role === "data" && (mode === "train" ? !batched : name === "x" || name === "y");
    })
    .map(([name]) => name);
}

function checkOperands(plan: Plan, step: Step, where: string): void {
  const readers = new Set<string>();
  const writers = new Set<string>();
  /** What the words are that this step moves as they are. */
  let moved: Content = "f32 or u32";
  for (const { operand, access, content, tensor: name, elements } of boundOperands(step)) {
    const tensor = name !== undefined && Object.hasOwn(plan.tensors, name) ? plan.tensors[name] : undefined;
    if (name === undefined || tensor === undefined) {
      refuse(where, `${operand} bound to ${name ?? "nothing"}`, "a tensor of the plan");
    }
    const words = content === "f32 or u32";
    const expected: Content = words ? moved : content;
    const held = tensor.role === "control" ? "control" : tensor.dtype;
    if (!expected.includes(held)) refuse(where, `${operand} = ${name} of ${held}`, `a tensor of ${expected}`);
    if (words) moved = held;
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
  throw new PlanError({ where, got, expected, remedy: "mend the pass that wrote this plan" });
}
