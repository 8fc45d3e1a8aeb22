/** Loss a sample by step, thinned out. */
export interface Curves {
  readonly steps: readonly number[];
  readonly train: readonly number[];
  readonly test: readonly (number | null)[];
}

/** Points of the curves before every other one is left out. */
const MOST_POINTS = 400;

export const noCurves: Curves = { steps: [], train: [], test: [] };

/** The curves with one point more. */
export function withPoint({ steps, train, test }: Curves, step: number, loss: number): Curves {
  const all = { steps: [...steps, step], train: [...train, loss], test: [...test, null] };
  return all.steps.length > MOST_POINTS ? thinned(all) : all;
}

/** The curves with the loss on what is not trained on, at their last point. */
export function withTest(curves: Curves, loss: number | undefined): Curves {
  if (loss === undefined || curves.test.length === 0) return curves;
  return { ...curves, test: curves.test.with(-1, loss) };
}

/** What they were at an earlier step. */
export function upTo({ steps, train, test }: Curves, step: number): Curves {
  const end = steps.findLastIndex((one) => one <= step) + 1;
  return { steps: steps.slice(0, end), train: train.slice(0, end), test: test.slice(0, end) };
}

function thinned({ steps, train, test }: Curves): Curves {
  const keep = <T>(values: readonly T[]) => values.filter((_, i) => i % 2 === 1);
  // A judgement that falls on a point left out moves to the one that stays.
  const moved = test.map((value, i) => value ?? test[i - 1] ?? null);
  return { steps: keep(steps), train: keep(train), test: keep(moved) };
}
