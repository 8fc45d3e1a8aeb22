import { pick, whole } from "../../query.ts";
import type { Speed, View } from "./contract.ts";

/** What the page shows of a run, and how fast: in the address, but no part of what the weights follow from. */
export interface Shown {
  readonly speed: Speed;
  readonly unit: View["unit"];
}

const speeds: readonly Speed[] = ["slow", "medium", "full"];

/** Adds it to the query of a run; what is usual is left out. */
export function withShown(query: URLSearchParams, { speed, unit }: Shown): URLSearchParams {
  const all = new URLSearchParams(query);
  if (unit) all.set("unit", `${unit.layer},${unit.unit}`);
  if (speed !== "full") all.set("speed", speed);
  return all;
}

/** Reads what `withShown` wrote. @param layers units of each hidden layer */
export function shownOf(query: URLSearchParams, layers: readonly number[]): Shown {
  const [layer = -1, unit = -1, ...others] = (query.get("unit") || "-1").split(",").map(Number);
  // Layer 0 is the two inputs.
  const width = [2, ...layers][layer] ?? 0;
  const there = others.length === 0 && whole(0, width - 1)(unit);
  return { speed: pick(query, "speed", speeds, "full"), unit: there ? { layer, unit } : undefined };
}
