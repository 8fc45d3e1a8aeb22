import type { Device } from "../../device/open.ts";
import { ChainruleError, PlanError } from "../../errors.ts";
import { refuse, show } from "../../model/options.ts";
import { allows, type ChoiceLimits, choiceOf, isTunable, type Tunable, withChoice } from "../../plan/tiles.ts";
import type { Plan, Step } from "../../plan/types.ts";
import { choiceLimitsOf } from "./limits.ts";
import type { Tuned, TuneReport, Tuner } from "./types.ts";

const where = "createTrainer: tune";
const remedy = "tune the plan of these options on this device";

/** What may be a `Tuned`, out of JSON. */
interface Foreign {
  readonly plan: Readonly<Record<string, unknown>> & { readonly steps: readonly unknown[] };
  readonly report: TuneReport;
}

/**
 * The plan of a trainer, shared out as a tuner chooses now or as `tune` has chosen before. What was chosen may have been kept as
 * JSON and come from anywhere: the plan that is given back is the trainer's own, and only choices that its steps and this device
 * allow are taken.
 * @throws ModelError where `tune` is none of the two; PlanError where it is of another plan or device
 */
export async function takeTuned(tune: Tuner | Tuned, device: Device, plan: Plan): Promise<Tuned> {
  const given = typeof tune === "function" ? await called(tune, device, plan) : tune;
  const foreign = copyOf(given);
  if (foreign === undefined) {
    const expected = "what tuner() makes or tune() gave";
    refuse("createTrainer", `tune ${show(tune)}`, expected, 'import { tuner } from "chainrule" and give tune: tuner()');
  }
  const { report } = foreign;
  if (report.adapter !== device.adapter.name) {
    refuse(where, `a plan tuned on ${show(report.adapter)}`, show(device.adapter.name), remedy, PlanError);
  }
  // Without what is undefined, as JSON is.
  const own: Plan = JSON.parse(JSON.stringify(plan));
  const steps = foreign.plan.steps.map((step, index) => unchosen(step, own.steps[index]));
  const differing = difference(own, { ...foreign.plan, steps }, "plan");
  if (differing) {
    refuse(where, differing.got, `${differing.expected}, as in the plan of these options`, remedy, PlanError);
  }
  const limits = choiceLimitsOf(device);
  const chosen = plan.steps.map((step, index) => withChoiceOf(step, foreign.plan.steps[index] as Step, index, limits));
  return { plan: { ...plan, steps: chosen }, report };
}

/** What a tuner gives, which may be anybody's. @throws PlanError in place of what it throws that is no error of the library */
async function called(tune: Tuner, device: Device, plan: Plan): Promise<Tuned> {
  try {
    return await tune(device, plan);
  } catch (cause) {
    if (cause instanceof ChainruleError) throw cause;
    throw new PlanError(
      { where, got: show(cause), expected: "a plan with its report", remedy: "give tuner()" },
      { cause },
    );
  }
}

/** What was given as it is now, as plain data; undefined where it is no plan with a report. */
function copyOf(given: unknown): Foreign | undefined {
  try {
    const { plan, report } = JSON.parse(JSON.stringify(given));
    const isForeign = [plan.steps, report.choices, report.refused].every(Array.isArray);
    return isForeign ? { plan, report } : undefined;
  } catch {
    return undefined;
  }
}

/** A step of another plan, shared out as the trainer's own is, so that all else can be compared. */
const unchosen = (step: unknown, own: Step | undefined): unknown =>
  own && isTunable(own) && isLike(step, own) ? withChoice(step, choiceOf(own)) : step;

/** Whether a step of another plan is a call of the same kernel, as far as its choice can be exchanged. */
const isLike = (step: unknown, own: Tunable): step is Tunable =>
  isObject(step) && step.kernel === own.kernel && isObject(step.variant);

/** A step of the trainer's plan, shared out as the same step of another plan is. @throws PlanError where it may not be */
function withChoiceOf(step: Step, other: Step, index: number, limits: ChoiceLimits): Step {
  if (!isTunable(step)) return step;
  const choice = choiceOf(other as Tunable);
  if (allows(step, choice, limits)) return withChoice(step, choice);
  const got = `step ${index + 1} (${step.kernel}) shared out as ${JSON.stringify(choice)?.slice(0, 200)}`;
  refuse(where, got, "a choice that the step and this device allow", remedy, PlanError);
}

/** The first place where plain data differ from what is expected of them. */
function difference(
  expected: unknown,
  got: unknown,
  path: string,
): { readonly got: string; readonly expected: string } | undefined {
  if (expected === got) return undefined;
  if (!isObject(expected) || !isObject(got) || Array.isArray(expected) !== Array.isArray(got)) {
    return { got: `${path} ${textOf(got)}`, expected: textOf(expected) };
  }
  for (const name of Object.keys({ ...expected, ...got })) {
    const [one, other] = [expected, got].map((object) => (Object.hasOwn(object, name) ? object[name] : undefined));
    const found = difference(one, other, Array.isArray(expected) ? `${path}[${name}]` : `${path}.${name}`);
    if (found) return found;
  }
  return undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const textOf = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 80));
