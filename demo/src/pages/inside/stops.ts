import type { Phase, StepDescription } from "chainrule";
import type { DescribedPlan } from "./contract.ts";
import { boardName, layersOf, parseName } from "./names.ts";

/** A moment of the step at which the page can stand: one formula, or a few that go together. */
export interface Stop {
  readonly phase: Phase;
  /** Dispatches of the textbook plan, by their index. */
  readonly dispatches: readonly number[];
  /** Tensors of the board that now exist. */
  readonly writes: readonly string[];
  /** Tensors of the board that are needed for that. */
  readonly reads: readonly string[];
}

/** The textbook plan in as many stops as it has formulas. */
export function stopsOf({ plan, steps }: DescribedPlan): readonly Stop[] {
  const layers = layersOf(plan);
  const groups: { key: string; dispatches: number[] }[] = [];
  steps.forEach((step, index) => {
    const key = groupOf(step);
    const last = groups.at(-1);
    if (last?.key === key) last.dispatches.push(index);
    else groups.push({ key, dispatches: [index] });
  });
  return groups.flatMap(({ dispatches }): Stop[] => {
    const own = dispatches.flatMap((index) => steps[index] ?? []);
    const phase = own[0]?.phase ?? "begin";
    if (phase === "begin") return [{ phase, dispatches, writes: ["x", "y"], reads: [] }];
    if (phase === "loss") return lossStops(dispatches, layers, own);
    const shown = (names: readonly string[]) => names.map((name) => boardName(plan, name));
    const written = shown(own.flatMap(({ writes }) => writes));
    const writes = phase === "update" ? written.map((name) => `${name}+`) : written;
    const reads = shown(own.flatMap(({ reads }) => reads)).filter((name) => !writes.includes(name));
    return [{ phase, dispatches, writes, reads: [...new Set(reads)] }];
  });
}

/** The loss, and ∂J/∂o, which the loss's own dispatch writes: the first stop on the way back. */
function lossStops(dispatches: readonly number[], layers: number, own: readonly StepDescription[]): Stop[] {
  const weights = own.some(({ kernel }) => kernel === "penalty")
    ? Array.from({ length: layers }, (_, index) => `W${index + 1}`)
    : [];
  const first = dispatches.slice(0, 1);
  return [
    { phase: "loss", dispatches, writes: ["ell", "L", "s", "J"], reads: ["o", "y", ...weights] },
    { phase: "backward", dispatches: first, writes: ["do"], reads: ["o", "y"] },
  ];
}

/** Dispatches with the same key, one after the other, are one stop. */
function groupOf({ phase, writes }: StepDescription): string {
  const [name = ""] = writes;
  const { by, letter, layer } = parseName(name);
  if (phase === "begin" || phase === "loss") return phase;
  if (phase === "update") return `update ${layer}`;
  return by !== "" && "Wb".includes(letter) ? `gradients ${layer}` : name;
}
