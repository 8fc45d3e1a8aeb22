import type { Plan } from "chainrule";

/** A tensor's name taken apart: `dW2` is the gradient by W of layer 2, `W2+` is W² after the update. */
export interface ParsedName {
  /** "" for the quantity itself, "d" for ∂J/∂, "g" for ∂L/∂. */
  readonly by: "" | "d" | "g";
  readonly letter: string;
  /** Undefined for x, y, o, ℓ, L, s and J. */
  readonly layer: number | undefined;
  readonly updated: boolean;
}

export function parseName(name: string): ParsedName {
  const [, by = "", letter = name, layer, plus] = /^([dg]?)([Wbzhoxy])(\d*)(\+?)$/.exec(name) ?? [];
  return { by: by as ParsedName["by"], letter, layer: layer ? Number(layer) : undefined, updated: plus === "+" };
}

const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** As it is said in a line of text: `∂J/∂W²`. */
export function spoken(name: string): string {
  if (name === "ell") return "ℓ";
  const { by, letter, layer, updated } = parseName(name);
  const quantity = `${letter}${layer === undefined ? "" : (digits[layer] ?? layer)}${updated ? " updated" : ""}`;
  return by === "" ? quantity : `∂${by === "d" ? "J" : "L"}/∂${quantity}`;
}

/**
 * The name under which the board shows what a name of the plan stands for: `z3` is `o` where no activation follows, and the one
 * gradient that there is without λ is ∂J/∂W rather than ∂L/∂W.
 */
export function boardName(plan: Plan, name: string): string {
  const canonical = plan.aliases[name] ?? name;
  const whole = canonical.replace(/^g/, "d");
  return plan.aliases[whole] === canonical ? whole : canonical;
}

export const layersOf = (plan: Plan): number => Object.keys(plan.tensors).filter((name) => /^W\d+$/.test(name)).length;

/** What a layer takes: x, or the output of the layer before. */
export const below = (layer: number): string => (layer === 1 ? "x" : `h${layer - 1}`);

/** What a layer gives. */
export const outputOf = (layer: number, layers: number): string => (layer === layers ? "o" : `h${layer}`);

/** ∂J by what a layer gives. */
export const deltaOf = (layer: number, layers: number): string => (layer === layers ? "do" : `dh${layer}`);
