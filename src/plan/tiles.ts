import { flopsOf } from "../kernels/index.ts";
import { CPU_LANES, even, type Hardware, largeSquare, smallSquare, type Tile, tileLabel } from "../kernels/tile.ts";
import type { Plan, Step } from "./types.ts";

/** How the kernel of the last layer and the loss is shared out. */
export interface RowTile {
  /** Rows that a workgroup takes, one an invocation. */
  readonly group: number;
  readonly subgroups: boolean;
}

/** How a step's work is shared out, where that may be chosen freely: no choice changes what the step computes. */
export type Choice = Tile | RowTile;

/** What bounds the choices of a device. */
export interface ChoiceLimits extends Hardware {
  /** The most invocations of a workgroup. */
  readonly invocations: number;
}

/** A step whose work can be shared out in other ways. */
export type Tunable = Extract<
  Step,
  { readonly kernel: "matmul" | "layerForward" | "layerBackward" | "layerUpdate" | "layerGradient" | "outputLoss" }
>;

/** Whether the lines of each one's a run along the inner side; undefined where there is no a. */
const runsInner: {
  readonly [K in Tunable["kernel"]]: ((variant: Extract<Tunable, { kernel: K }>["variant"]) => boolean) | undefined;
} = {
  matmul: ({ transposeA }) => !transposeA,
  layerForward: () => true,
  layerBackward: () => true,
  layerUpdate: () => false,
  layerGradient: () => false,
  outputLoss: undefined,
};

export const isTunable = (step: Step): step is Tunable => Object.hasOwn(runsInner, step.kernel);

export const choiceOf = ({ variant }: Tunable): Choice =>
  "tile" in variant ? variant.tile : { group: variant.group, subgroups: variant.subgroups };

/** The step with its work shared out as chosen. */
export const withChoice = <S extends Tunable>(step: S, choice: Choice): S =>
  ({ ...step, variant: { ...step.variant, ...("group" in choice ? choice : { tile: choice }) } }) as S;

/** Fields in one order, so that equal choices are equal texts. */
export const choiceText = (choice: Choice): string => JSON.stringify(choice, Object.keys(choice).sort());

/** Short text for reports. */
export const choiceLabel = (choice: Choice): string =>
  "group" in choice
    ? `${choice.group} rows a workgroup${choice.subgroups ? ", subgroups" : ""}`
    : `${tileLabel(choice)}, ${choice.unroll} a round`;

/** Lanes of a subgroup that share their loads. */
const SHARE = 4;

/** The most sums that an invocation keeps in registers. */
const MOST_SUMS = 64;

/** The largest sides of an invocation's outputs, and the most inner indices of a round. */
const MOST_ALONG = 32;
const MOST_ACROSS = 16;
const MOST_UNROLL = 16;

/** What to change in the choice that is best so far, in the order of the attempts. */
type Change = (choice: Choice, limits: ChoiceLimits) => Partial<Tile & RowTile>;

/** The tiles that are staged, and the inner indices of a round that are an alternative to their own. */
const squares = [largeSquare, smallSquare];
const SHORT_ROUND = 8;

/** Where the search among tiles begins that are not staged, if the plan's own is. */
const apart = { along: 8, across: 4, unroll: 4, staged: false };

const tileChanges: readonly Change[] = [
  // A CPU's adapter has no memory that is nearer than any other.
  ...squares.map(
    (square): Change =>
      (_, { lanes }) =>
        lanes > CPU_LANES ? square : {},
  ),
  (choice, { lanes }) => ("staged" in choice && choice.staged ? { ...apart, lanes } : {}),
  ...[2, 4, 8, 16, 32].map((along) => () => ({ along })),
  ...[1, 2, 4, 8, 16].map((across) => () => ({ across })),
  (choice) => ({ subgroups: !choice.subgroups }),
  ...[1, 2, 4, 8].map(
    (factor): Change =>
      (_, limits) => ({ lanes: factor * limits.lanes }),
  ),
  ...[2, 4, SHORT_ROUND].map((unroll) => () => ({ unroll })),
  (choice) => ("swap" in choice ? { swap: !choice.swap } : {}),
];

const rowChanges: readonly Change[] = [
  (choice) => ({ subgroups: !choice.subgroups }),
  ...[1, 2, 4, 8].map(
    (factor): Change =>
      (_, limits) => ({ group: factor * limits.lanes }),
  ),
];

const changesOf = (step: Tunable): readonly Change[] => (step.kernel === "outputLoss" ? rowChanges : tileChanges);

/** How many attempts there are to better a step's choice. */
export const attempts = (step: Tunable): number => changesOf(step).length;

/**
 * The choice that attempt `index` compares with the best so far.
 * @returns undefined where it is no other choice, or one that the step or the device does not allow
 */
export function attempt(step: Tunable, best: Choice, index: number, limits: ChoiceLimits): Choice | undefined {
  const change = changesOf(step)[index];
  if (change === undefined) return undefined;
  const changed = { ...best, ...change(best, limits) } as Choice;
  if (choiceText(changed) === choiceText(best)) return undefined;
  return [changed, fitted(step, changed)].find(
    (choice) => choiceText(choice) !== choiceText(best) && allows(step, choice, limits),
  );
}

/** A tile no larger than its output, its sides split evenly. */
function fitted({ dims }: Tunable, choice: Choice): Choice {
  if ("group" in choice || choice.staged || !("columns" in dims)) return choice;
  const [along, across] = choice.swap ? [dims.columns, dims.rows] : [dims.rows, dims.columns];
  return {
    ...choice,
    along: even(along, choice.along),
    across: even(Math.ceil(across / choice.lanes), choice.across),
  };
}

const whole = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;

/**
 * Whether a step may be shared out so on a device, whoever asks. Where an update also sums the squares of what decays, one part
 * an invocation, the parts must stay as they are, since the order of that sum follows from them.
 */
export function allows(step: Tunable, choice: unknown, limits: ChoiceLimits): choice is Choice {
  const own = choiceOf(step);
  if (!hasKeysOf(own, choice)) return false;
  if (choiceText(choice) === choiceText(own)) return true;
  const invocations = "group" in choice ? choice.group : choice.lanes;
  if (!whole(invocations, limits.invocations) || typeof choice.subgroups !== "boolean") return false;
  if (choice.subgroups && !(limits.subgroups && limits.lanes >= SHARE && invocations % SHARE === 0)) return false;
  if ("group" in choice || "group" in own) return true;
  const { along, across, lanes, unroll, swap, subgroups, staged } = choice;
  if (typeof swap !== "boolean" || typeof staged !== "boolean") return false;
  if (choice.vectorA !== own.vectorA || choice.vectorB !== own.vectorB) return false;
  const parted =
    along === own.along && across === own.across && lanes === own.lanes && swap === own.swap && staged === own.staged;
  // With subgroups an invocation takes its squares in another order.
  const squared = step.kernel === "layerUpdate" && step.variant.penalty;
  if (squared && !(parted && subgroups === own.subgroups)) return false;
  if (staged) return isSquare(choice);
  if (!whole(along, MOST_ALONG) || !whole(across, MOST_ACROSS) || !whole(unroll, MOST_UNROLL)) return false;
  if (along * across > Math.max(MOST_SUMS, own.along * own.across)) return false;
  // What is loaded by fours along the inner side is taken in whole rounds; a is, if b is.
  if (choice.vectorA && aRunsInner(step) && step.dims.inner % unroll !== 0) return false;
  return parted || choiceText(fitted(step, choice)) === choiceText(choice);
}

const isSquare = (tile: Tile): boolean =>
  squares.some((square) =>
    [square, { ...square, unroll: SHORT_ROUND }].some((one) => choiceText({ ...tile, ...one }) === choiceText(tile)),
  );

const aRunsInner = ({ kernel, variant }: Tunable): boolean =>
  (runsInner[kernel] as ((variant: Tunable["variant"]) => boolean) | undefined)?.(variant) ?? false;

function hasKeysOf(own: Choice, choice: unknown): choice is Choice {
  if (typeof choice !== "object" || choice === null) return false;
  return Object.keys(choice).sort().join() === Object.keys(own).sort().join();
}

/** A distinct product of a plan, and how many of its steps are it. */
export interface Product {
  readonly step: Tunable;
  readonly count: number;
  readonly flops: number;
}

/** What makes two steps the same work: not the tensors, and not where the squares of an update go. */
export const productText = ({ kernel, variant, dims }: Tunable): string =>
  JSON.stringify([kernel, sorted(dims), sorted(variant)]);

const sorted = (record: object): unknown =>
  Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => name !== "offset")
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, typeof value === "object" && value !== null ? sorted(value) : value]),
  );

/** The distinct products of a plan, those with the most floating-point operations a step first. */
export function products(plan: Plan): Product[] {
  const found = new Map<string, Product>();
  for (const step of plan.steps) {
    if (!isTunable(step)) continue;
    const text = productText(step);
    const before = found.get(text);
    const flops = (before?.flops ?? 0) + flopsOf(step);
    found.set(text, { step: before?.step ?? step, count: (before?.count ?? 0) + 1, flops });
  }
  return [...found.values()].sort((a, b) => b.flops - a.flops);
}

/** The plan with the choices made for its products, by their texts. */
export function retile(plan: Plan, choices: ReadonlyMap<string, Choice>): Plan {
  const steps = plan.steps.map((step): Step => {
    const choice = isTunable(step) ? choices.get(productText(step)) : undefined;
    return isTunable(step) && choice !== undefined ? withChoice(step, choice) : step;
  });
  return { ...plan, steps };
}
