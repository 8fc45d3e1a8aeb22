import { PlanError } from "../errors.ts";
import { boundOperands, kernels } from "../kernels/index.ts";
import { reading, show } from "../model/options.ts";
import { labelOf } from "./labels.ts";
import type { Phase, Step } from "./types.ts";

/** A dispatch as a reader wants it: what it takes, what it gives, by which formula. */
export interface StepDescription {
  readonly phase: Phase;
  readonly kernel: string;
  /** Names of the tensors that it writes; the control block only where it writes nothing else. */
  readonly writes: readonly string[];
  /** Names of the tensors that it reads, less the control block. An update reads what it changes. */
  readonly reads: readonly string[];
  /** Its variant as a short formula or word: `aᵀ b`, `tanh′`. */
  readonly label: string;
}

/** Describes a dispatch of a plan, as `formatPlan` prints it. @throws PlanError unless `step` is one */
export const describeStep = (step: Step): StepDescription => reading("describeStep", () => described(step));

function described(step: Step): StepDescription {
  if (typeof step?.kernel !== "string" || !Object.hasOwn(kernels, step.kernel)) {
    const remedy = "give one of plan.steps";
    throw new PlanError({ where: "describeStep", got: show(step), expected: "a step of a plan", remedy });
  }
  const operands = boundOperands(step);
  const bound = (fits: (access: string) => boolean) =>
    operands.flatMap(({ access, tensor }) => (tensor !== undefined && fits(access) ? [tensor] : []));
  const written = bound((access) => access === "readWrite");
  return {
    phase: step.phase,
    kernel: step.kernel,
    writes: written.filter((name) => name !== "control" || written.length === 1),
    reads: bound((access) => access !== "readWrite" || step.phase === "update").filter((name) => name !== "control"),
    label: labelOf(step),
  };
}
