import { flopsOf } from "../kernels/index.ts";
import { describeStep } from "./describe.ts";
import { formatByRole } from "./format-bytes.ts";
import { bytesByRole, checkGiven, isHalf } from "./memory.ts";
import type { Plan, Step } from "./types.ts";

/**
 * A plan as a table that reads like the formulas, one dispatch a line, then its dispatches, floating-point operations
 * and bytes by role.
 */
export function formatPlan(plan: Plan): string {
  checkGiven("formatPlan", plan);
  const line = (step: Step, phase: string) => {
    const { kernel, writes, reads, label } = describeStep(step);
    const out = writes.map((name) => {
      const { shape = [], dtype } = plan.tensors[name] ?? {};
      return `${name} [${shape.join(", ")}]${dtype === "f16" ? " f16" : ""}`;
    });
    return [phase, out.join(", "), `= ${kernel}(${reads.join(", ")})`, label];
  };
  const rows = [
    ...(plan.opening ?? []).map((step) => line(step, "opening")),
    ...plan.steps.flatMap((step) => [
      line(step, step.phase),
      ...innerSteps(step).map((inner) => line(inner, "  inner")),
    ]),
    ...plan.closing.map((step) => line(step, "closing")),
  ];
  const header = ["phase", "out", "= kernel(inputs)", "variant"];
  const table = [header, ...rows];
  const widths = header.map((_, column) => table.reduce((most, row) => Math.max(most, length(row[column] ?? "")), 0));
  const lines = table.map((row) => row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - length(cell))));
  const aliases = Object.entries(plan.aliases).map(([alias, name]) => `${alias} = ${name}`);
  return [
    ...lines.map((cells) => cells.join("  ").trimEnd()),
    ...(aliases.length > 0 ? [`equal: ${aliases.join(", ")}`] : []),
    ...sharedBuffers(plan).map((names) => `one buffer: ${names.join(", then ")}`),
    ...(isHalf(plan) ? [HALF_NOTE] : []),
    `${plan.steps.length} ${plan.steps.length === 1 ? "dispatch" : "dispatches"}, ${formatCount(plan.steps.reduce((sum, step) => sum + flopsOf(step), 0))} floating-point operations a step of ${plan.batch} rows`,
    formatByRole(bytesByRole(plan)),
  ].join("\n");
}

/** Names of the tensors that lie in one buffer, one after the other, for each buffer of several. */
function sharedBuffers({ tensors }: Plan): string[][] {
  const names = new Map<string, string[]>();
  for (const [name, { buffer }] of Object.entries(tensors)) {
    if (buffer === undefined) continue;
    const before = names.get(buffer);
    if (before) before.push(name);
    else names.set(buffer, [name]);
  }
  return [...names].map(([owner, before]) => [...before, owner]);
}

/** What f16 deltas hold, and when they are not used. */
const HALF_NOTE = "f16 deltas are S times as large; a step in which one is out of range is skipped, and S halved";

/** Columns that a text takes: combining marks take none. */
const length = (text: string): number => [...text].filter((character) => !/\p{M}/u.test(character)).length;

/** The steps that a kernel of whole steps runs in a loop. */
const innerSteps = (step: Step): Step[] =>
  step.kernel === "wholeSteps" ? step.variant.steps.map((inner) => ({ ...inner, phase: step.phase }) as Step) : [];

/** `1,234`, `56.7 million`. */
const formatCount = (count: number): string =>
  count < 1e6 ? count.toLocaleString("en") : `${(count / 1e6).toFixed(1)} million`;
