import { NumericError } from "../errors.ts";
import { boundOperands } from "../kernels/index.ts";
import type { StepRecord } from "./metrics.ts";
import type { Trainer } from "./types.ts";

/** The error for a step whose objective is not finite: looks through the tensors in the plan's order for the first culprit. */
export async function firstNonFinite(trainer: Trainer, record: StepRecord): Promise<NumericError> {
  const { step, loss, penalty, learningRate } = record;
  const tensor = await culprit(trainer);
  return new NumericError({
    where: `training: step ${step}: ${tensor}`,
    got: `L = ${loss}, s = ${penalty}`,
    expected: "a finite objective",
    remedy: `the parameters are those from before this step; take a learning rate below ${learningRate} or scale the data`,
    step,
    tensor,
  });
}

async function culprit(trainer: Trainer): Promise<string> {
  const seen = new Set<string>();
  for (const step of trainer.plan.steps) {
    const operands = boundOperands(step);
    const inOrder = [...operands.filter(({ access }) => access === "read"), ...operands];
    for (const { tensor: name } of inOrder) {
      const tensor = name === undefined ? undefined : trainer.plan.tensors[name];
      if (name === undefined || tensor?.dtype !== "f32" || seen.has(name)) continue;
      seen.add(name);
      const { data } = await trainer.read(name);
      if (data.some((value) => !Number.isFinite(value))) return name;
    }
  }
  return "J";
}
