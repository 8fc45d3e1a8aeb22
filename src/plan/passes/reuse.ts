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

/** Each update right after the last other step that touches what it writes, or writes what it touches. */
function moveUpdates(steps: readonly Step[]): Step[] {
  const updates = steps.filter(({ phase }) => phase === "update");
  const others = steps.filter(({ phase }) => phase !== "update");
  if (others.length === 0) return updates;
  /** The last of the others that touches a tensor, and that writes it. */
  const touched = new Map<string | undefined, number>();
  const written = new Map<string | undefined, number>();
  others.forEach((step, index) => {
    for (const { tensor, access } of boundOperands(step)) {
      touched.set(tensor, index);
      if (access === "readWrite") written.set(tensor, index);
    }
  });
  const moved = others.map((step) => [step]);
  for (const update of updates) {
    let last = 0;
    for (const { tensor, access } of boundOperands(update)) {
      last = Math.max(last, (access === "readWrite" ? touched : written).get(tensor) ?? 0);
    }
    moved[last]?.push(update);
  }
  return moved.flat();
}

/** Tensors that lie in one buffer, in the order in which they are written. */
interface Place {
  readonly index: number;
  readonly names: string[];
  bytes: number;
}

/** Gives each passing tensor the smallest free place that is large enough, or else the largest, which grows, or a new one. */
function layPlaces({ tensors }: Plan, steps: readonly Step[]): Place[] {
  const places: Place[] = [];
  const free: Place[] = [];
  /** The places that each step is the last to need. */
  const until: Place[][] = steps.map(() => []);
  let step = 0;
  for (const { name, first, last } of spans(tensors, steps)) {
    for (; step < first; step++) for (const place of until[step] as Place[]) free.push(place);
    // No plan frees more than a few before the last tensor is laid.
    free.sort((a, b) => a.bytes - b.bytes || a.index - b.index);
    const bytes = bytesOf(tensors[name] as Tensor);
    const enough = free.findIndex((one) => one.bytes >= bytes);
    // Where none is enough, the last one.
    const [place = { index: places.length, names: [], bytes }] = free.splice(enough, 1);
    places[place.index] = place;
    place.names.push(name);
    place.bytes = Math.max(place.bytes, bytes);
    until[last]?.push(place);
  }
  return places;
}

interface Span {
  readonly name: string;
  /** The step that writes it. */
  readonly first: number;
  /** The last step that needs it. */
  last: number;
  /** Whether only the forward pass needs it. */
  forward: boolean;
}

/** When the tensors that pass are needed, in the order in which they are written. */
function spans(tensors: Plan["tensors"], steps: readonly Step[]): Span[] {
  const found = new Map<string | undefined, Span>();
  steps.forEach((step, index) => {
    const forward = step.phase === "forward" || step.phase === "loss";
    for (const { tensor: name = "" } of boundOperands(step)) {
      const span = found.get(name) ?? { name, first: index, last: index, forward };
      span.last = index;
      span.forward &&= forward;
      found.set(name, span);
    }
  });
  return Object.entries(tensors)
    .flatMap(([name, { role }]) => {
      const span = found.get(name);
      const passes = role === "delta" || role === "gradient" || (role === "activation" && span?.forward);
      return span && passes ? [span] : [];
    })
    .sort((a, b) => a.first - b.first);
}
