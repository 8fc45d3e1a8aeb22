import {
  attempt,
  attempts,
  type Choice,
  type ChoiceLimits,
  choiceLabel,
  choiceText,
  type Tunable,
} from "../../plan/tiles.ts";
import { type ContestRules, contest, MARGIN } from "./contest.ts";
import type { Entrant, Trial } from "./trial.ts";

/** Time in ms that one timing should take at least: a page's clock has steps of 0.1 ms. */
const TIMING = 4;

/** The most runs of a product in one submit. */
const MOST_RUNS = 1024;

/** Where a search begins: at the plan's own choice, or where an earlier one ended. */
export interface Start {
  readonly own: Entrant;
  readonly best: Entrant;
  readonly tried: number;
}

/** What a search has found. */
export interface Found {
  readonly choice: Choice;
  /** Attempts made by this search and those before. */
  readonly tried: number;
  /** How many times as fast as the plan's own choice; 1 where that is kept. */
  readonly speedup: number;
  /** Candidates that were timed. */
  readonly timed: number;
  /** Those that were not, and why. */
  readonly rejected: readonly string[];
}

/**
 * Changes one thing after the other in the best choice so far, and keeps what is faster by the margin. What is left in the end
 * must be so once more beside the plan's own choice, since the luckiest of many timings is not the fastest candidate. Where the
 * rules' signal ends that, the plan's own is kept, of which nothing was learned: it is not to be remembered.
 */
export async function search(
  trial: Pick<Trial, "admit">,
  step: Tunable,
  limits: ChoiceLimits,
  start: Start,
  rules: ContestRules,
): Promise<Found> {
  const { own } = start;
  const runs = await runsFor(own, rules);
  const rejected: string[] = [];
  const seen = new Set([own, start.best].map(({ choice }) => choiceText(choice)));
  let { best, tried } = start;
  let timed = 0;
  for (; tried < attempts(step) && !rules.signal?.aborted && rules.now() < rules.deadline; tried++) {
    const choice = attempt(step, best.choice, tried, limits);
    if (choice === undefined || seen.has(choiceText(choice))) continue;
    seen.add(choiceText(choice));
    const candidate = await trial.admit(choice);
    if (typeof candidate === "string") {
      rejected.push(`${choiceLabel(choice)}: ${candidate}`);
      continue;
    }
    const champion = best;
    const speedup = await contest(
      () => champion.run(runs),
      () => candidate.run(runs),
      rules,
    );
    if (speedup !== undefined) timed++;
    const better = speedup !== undefined && speedup >= MARGIN;
    if (better) best = candidate;
    (better ? champion : candidate).dispose(true);
    if (speedup === undefined) break;
  }
  const found = { tried, timed, rejected };
  if (best === own) return { ...found, choice: own.choice, speedup: 1 };
  const last = best;
  const speedup = await contest(
    () => own.run(runs),
    () => last.run(runs),
    { ...rules, deadline: Number.POSITIVE_INFINITY },
  );
  const confirmed = speedup !== undefined && speedup >= MARGIN;
  last.dispose(!confirmed);
  return confirmed ? { ...found, choice: last.choice, speedup } : { ...found, choice: own.choice, speedup: 1 };
}

/** So many runs as take long enough to be timed. */
async function runsFor({ run }: Entrant, { now }: ContestRules): Promise<number> {
  await run(1);
  for (let runs = 1; ; runs *= 2) {
    const began = now();
    await run(runs);
    if (now() - began >= TIMING || runs >= MOST_RUNS) return runs;
  }
}
