import type { StepDescription } from "chainrule";
import type { DescribedPlan } from "./contract.ts";
import { parseName, spoken } from "./names.ts";

/** When the content of a buffer is needed, in dispatches of the textbook plan. */
export interface Life {
  readonly name: string;
  /** First dispatch that writes it; −1 for what is there before the step. */
  readonly from: number;
  /** Last dispatch that reads it; its own writer if none does. */
  readonly to: number;
  /** All dispatches that read it. */
  readonly reads: readonly number[];
  /** What the backward pass needs it for, in words. */
  readonly reasons: readonly string[];
}

/** The life of a tensor of the textbook plan. */
export function lifeOf({ plan, steps }: DescribedPlan, name: string): Life {
  const written = steps.findIndex(({ writes }) => writes.includes(name));
  const lasting = plan.tensors[name]?.role === "parameter";
  const from = lasting ? -1 : written;
  const reads = steps.flatMap(({ reads }, index) => (reads.includes(name) ? [index] : []));
  const back = reads.flatMap((index) => steps[index] ?? []).filter(({ phase }) => phase === "backward");
  return {
    name,
    from,
    to: lasting ? steps.length - 1 : Math.max(written, ...reads),
    reads,
    reasons: [...new Set(back.map((step) => reasonOf(name, step)))],
  };
}

/** Why a dispatch of the backward pass reads a tensor. */
function reasonOf(name: string, { kernel, writes: [target = ""] }: StepDescription): string {
  const { by, letter } = parseName(name);
  const forward = by === "" && (letter === "z" || letter === "h" || letter === "o");
  if (kernel === "gradientMultiply" && forward) return `φ′ in ${spoken(target)}`;
  if (kernel === "decayGradient" && letter === "W" && by === "") return `λ${spoken(name)} in ${spoken(target)}`;
  const { by: part, letter: parameter } = parseName(target);
  return part === "g" && parameter !== "" ? spoken(target.replace("g", "d")) : spoken(target);
}
