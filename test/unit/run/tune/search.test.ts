import { describe, expect, it } from "vitest";
import { dense, sequential } from "../../../../src/model/layer.ts";
import { sgd } from "../../../../src/model/optimizer.ts";
import {
  attempts,
  type Choice,
  type ChoiceLimits,
  choiceOf,
  choiceText,
  products,
} from "../../../../src/plan/tiles.ts";
import { planTraining } from "../../../../src/run/plan.ts";
import { type Found, search } from "../../../../src/run/tune/search.ts";
import type { Entrant } from "../../../../src/run/tune/trial.ts";

const limits: ChoiceLimits = { lanes: 32, subgroups: true, invocations: 256 };

const plan = planTraining({
  // Too narrow to be staged, which leaves most attempts out.
  model: sequential([dense(24, "relu"), dense(10)]),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate: 0.1 }),
  inputs: 784,
  rows: 1000,
  batch: 128,
});
const { step } = products(plan)[0] ?? expect.fail("no product");
const own = choiceOf(step);

interface Race {
  /** Time of one run in ms. */
  readonly cost: (choice: Choice) => number;
  /** Why a choice is not admitted. */
  readonly reject?: (choice: Choice) => string | undefined;
  readonly deadline?: number;
  readonly tried?: number;
  readonly best?: Choice;
  readonly signal?: AbortSignal;
}

/** A search over choices whose runs move a fake clock. */
async function race({ cost, reject, deadline = Number.POSITIVE_INFINITY, tried = 0, best = own, signal }: Race) {
  let time = 0;
  const alive = new Set<string>();
  const entrant = (choice: Choice): Entrant => ({
    choice,
    run: async (times) => {
      time += times * cost(choice);
    },
    dispose: () => alive.delete(choiceText(choice)),
  });
  const admit = async (choice: Choice) => {
    const reason = reject?.(choice);
    if (reason !== undefined) return reason;
    alive.add(choiceText(choice));
    return entrant(choice);
  };
  const given = entrant(own);
  const start = { own: given, best: best === own ? given : entrant(best), tried };
  const found: Found = await search({ admit }, step, limits, start, { now: () => time, deadline, signal });
  return { ...found, alive: [...alive], time };
}

const isOwn = (choice: Choice) => choiceText(choice) === choiceText(own);

describe("search", () => {
  it("keeps the plan's own choice where all take as long", async () => {
    const { choice, speedup, tried, timed, rejected, alive } = await race({ cost: () => 1 });
    expect([choice, speedup, tried, rejected, alive]).toEqual([own, 1, attempts(step), [], []]);
    expect(timed).toBeGreaterThan(8);
  });

  it("keeps it where another is faster by less than the margin, and not where it is by more", async () => {
    const other = (gain: number) => (choice: Choice) => (choice.subgroups ? 1 / gain : 1);
    expect(await race({ cost: other(1.04) })).toMatchObject({ choice: own, speedup: 1 });
    const { choice, speedup } = await race({ cost: other(1.06) });
    expect(choice).toEqual({ ...own, subgroups: true });
    expect(speedup).toBeCloseTo(1.06, 12);
  });

  it("changes one thing after the other", async () => {
    const gains = ({ subgroups, ...tile }: Choice) =>
      (subgroups ? 1 : 0) + ("unroll" in tile && tile.unroll === 8 ? 1 : 0);
    const { choice, speedup } = await race({ cost: (one) => 1 / (1 + gains(one)) });
    expect(choice).toMatchObject({ subgroups: true, unroll: 8 });
    expect(speedup).toBeCloseTo(3, 12);
  });

  it("never times what is not admitted, and says why", async () => {
    const timed = new Set<string>();
    const cost = (choice: Choice) => {
      timed.add(choiceText(choice));
      return choice.subgroups ? 0.1 : 1;
    };
    const reject = ({ subgroups }: Choice) => (subgroups ? "other bits" : undefined);
    const { choice, rejected } = await race({ cost, reject });
    expect(choice).toEqual(own);
    expect(rejected).toEqual([expect.stringMatching(/subgroups, 4 a round: other bits$/)]);
    expect([...timed].some((text) => text.includes('"subgroups":true'))).toBe(false);
  });

  it("drops a winner that is no faster the second time", async () => {
    let runs = 0;
    // Fast until it has been timed once.
    const cost = ({ subgroups }: Choice) => (subgroups && ++runs <= 5 ? 0.5 : 1);
    expect(await race({ cost })).toMatchObject({ choice: own, speedup: 1, alive: [] });
    expect(runs).toBeGreaterThan(5);
  });

  it("stops when the time is up, and goes on where it stopped", async () => {
    const cost = (choice: Choice) => (choice.subgroups ? 5 : 10);
    const first = await race({ cost, deadline: 400 });
    expect(first.tried).toBeGreaterThan(0);
    expect(first.tried).toBeLessThan(attempts(step));
    const { tried, choice, timed } = await race({ cost, tried: first.tried, best: first.choice });
    expect(tried).toBe(attempts(step));
    expect(choice.subgroups).toBe(true);
    const whole = await race({ cost });
    expect(first.timed + timed).toBe(whole.timed);
    expect(choice).toEqual(whole.choice);
  });

  it("tries nothing once the time is up", async () => {
    const admitted: Choice[] = [];
    const reject = (choice: Choice) => {
      admitted.push(choice);
      return undefined;
    };
    expect(await race({ cost: () => 1, reject, deadline: 0 })).toMatchObject({ choice: own, tried: 0, timed: 0 });
    expect(admitted).toEqual([]);
  });

  it("ends by a signal with the turn under way, which counts as no attempt", async () => {
    const controller = new AbortController();
    let timings = 0;
    const cost = ({ subgroups }: Choice) => {
      if (subgroups && ++timings === 1) controller.abort();
      return subgroups ? 0.5 : 1;
    };
    const whole = await race({ cost: () => 1 });
    const found = await race({ cost, signal: controller.signal });
    expect(found).toMatchObject({ choice: own, speedup: 1, alive: [] });
    expect(timings).toBe(1);
    expect(found.tried).toBeLessThan(whole.tried);
  });

  it("keeps no winner that a signal kept from being confirmed", async () => {
    const controller = new AbortController();
    let runs = 0;
    // Timed five times as a challenger, and in each of the contests of others; then in the last one.
    const cost = (choice: Choice) => {
      if (!choice.subgroups) return 1;
      runs++;
      return 0.5;
    };
    await race({ cost });
    const last = runs;
    runs = 0;
    const ending = (choice: Choice) => {
      const time = cost(choice);
      if (runs === last - 1) controller.abort();
      return time;
    };
    expect(await race({ cost: ending, signal: controller.signal })).toMatchObject({
      choice: own,
      speedup: 1,
      alive: [],
    });
    expect(runs).toBeLessThan(last);
  });

  it("frees all candidates but leaves the plan's own", async () => {
    const { alive, choice } = await race({ cost: (one) => (isOwn(one) ? 1 : 0.5) });
    expect(isOwn(choice)).toBe(false);
    expect(alive).toEqual([]);
  });
});
