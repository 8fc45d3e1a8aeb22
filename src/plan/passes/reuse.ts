import { boundOperands } from "../../kernels/index.ts";
import { bufferBytes, bytesOf, LEAST_SAVED, sumBytes } from "../memory.ts";
import type { Plan, Step, Tensor } from "../types.ts";

/**
 * Lays tensors that are never needed at the same time into one buffer: deltas, split gradients, and activations that only the
 * forward pass reads. Each update moves up to right after the last step that reads what it writes, so that its layer's delta is needed
 * no longer: no more than two deltas are needed at once, and all together take no more than the two largest. A plan in which
 * that saves too little comes back as it was.
 * @param leastSaved bytes that must be saved
 */
export function reuse(plan: Plan, leastSaved = LEAST_SAVED): Plan {
  const steps = moveUpdates(plan.steps);
  const tensors: Record<string, Tensor> = { ...plan.tensors };
  for (const { names } of layPlaces(plan, steps)) {
    const last = names[names.length - 1] as string;
    for (const name of names.slice(0, -1)) tensors[name] = { ...(tensors[name] as Tensor), buffer: last };
  }
  const saved = sumBytes(bufferBytes(plan)) - sumBytes(bufferBytes({ ...plan, tensors }));
  if (saved < leastSaved) return plan;
  const overwritten = (name: string) => tensors[name]?.buffer !== undefined;
  const aliases = Object.entries(plan.aliases);
  const gone = [
    ...Object.keys(tensors).filter(overwritten),
    ...aliases.flatMap(([alias, name]) => (overwritten(name) ? [alias] : [])),
  ];
  return {
    ...plan,
    tensors,
    steps,
    aliases: Object.fromEntries(aliases.filter(([, name]) => !overwritten(name))),
    removed: { ...plan.removed, ...Object.fromEntries(gone.map((name) => [name, "reuse"])) },
  };
}

/** Each update right after the last other step that it must follow. */
function moveUpdates(steps: readonly Step[]): Step[] {
  const updates = steps.filter(({ phase }) => phase === "update");
  const others = steps.filter(({ phase }) => phase !== "update");
  if (others.length === 0) return [...steps];
  const follows = new Map(
    updates.map((update) => [update, others.map((step) => conflict(step, update)).lastIndexOf(true)]),
  );
  return others.flatMap((step, index) => [
    step,
    ...updates.filter((update) => Math.max(0, follows.get(update) ?? 0) === index),
  ]);
}

/** Whether two steps touch a tensor that one of them writes. */
function conflict(one: Step, other: Step): boolean {
  const operands = boundOperands(other);
  return boundOperands(one).some(({ tensor, access }) =>
    operands.some((operand) => operand.tensor === tensor && [access, operand.access].includes("readWrite")),
  );
}

/** Tensors that lie in one buffer, in the order in which they are written. */
interface Place {
  readonly names: string[];
  bytes: number;
  /** The last step that needs what lies there. */
  until: number;
}

/** Gives each passing tensor the smallest free place that is large enough, or else the largest, which grows, or a new one. */
function layPlaces(plan: Plan, steps: readonly Step[]): Place[] {
  const places: Place[] = [];
  for (const { name, first, last } of spans(plan, steps)) {
    const bytes = bytesOf(plan.tensors[name] as Tensor);
    const free = places.filter(({ until }) => until < first).sort((a, b) => a.bytes - b.bytes);
    const place = free.find((one) => one.bytes >= bytes) ?? free.at(-1);
    if (place === undefined) places.push({ names: [name], bytes, until: last });
    else {
      place.names.push(name);
      place.bytes = Math.max(place.bytes, bytes);
      place.until = last;
    }
  }
  return places;
}

interface Span {
  readonly name: string;
  /** The step that writes it. */
  readonly first: number;
  /** The last step that needs it. */
  readonly last: number;
}

/** When the tensors that pass are needed, in the order in which they are written. */
function spans({ tensors }: Plan, steps: readonly Step[]): Span[] {
  const uses = Object.keys(tensors).map((name) => ({
    name,
    at: steps.flatMap((step, index) => (boundOperands(step).some(({ tensor }) => tensor === name) ? [index] : [])),
  }));
  const isForward = (index: number) => ["forward", "loss"].includes(steps[index]?.phase ?? "");
  return uses
    .filter(({ name, at }) => {
      const role = at.length > 0 && tensors[name]?.role;
      return role === "delta" || role === "gradient" || (role === "activation" && at.every(isForward));
    })
    .map(({ name, at }) => ({ name, first: at[0] ?? 0, last: at[at.length - 1] ?? 0 }))
    .sort((a, b) => a.first - b.first);
}
