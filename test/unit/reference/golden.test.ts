import { describe, expect, it } from "vitest";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, adamw, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { cosine, type Schedule, stepDecay } from "../../../src/model/schedule.ts";
import type { Reference } from "../../../src/reference/run.ts";
import gradients from "../../golden/gradients.json";
import learningRate from "../../golden/learning-rate.json";
import sklearn from "../../golden/sklearn.json";
import trajectories from "../../golden/trajectories.json";
import worked from "../../golden/worked-example.json";
import {
  expectGolden,
  type GoldenParameters,
  lossOf,
  modelOf,
  type Nested,
  parametersOf,
} from "../../helpers/golden.ts";
import { type Run, recordOf, trainReference } from "../../helpers/reference.ts";

/** What a golden file says of the rows to train on. */
interface Problem {
  readonly X: readonly (readonly number[])[];
  readonly Y?: readonly (readonly number[])[] | undefined;
  readonly labels?: readonly number[] | undefined;
}

const dataOf = ({ X, Y, labels }: Problem) => ({
  inputs: X.flat(),
  targets: labels ?? Y?.flat() ?? [],
  rows: X.length,
});

const expectParameters = (reference: Reference, layers: readonly GoldenParameters[], when: string) => {
  for (const [name, values] of Object.entries(parametersOf(layers))) {
    expectGolden(`${name} after ${when}`, reference.tensor(name), Array.from(values));
  }
};

/** The class that a row of logits names: the first of equals. */
const firstLargest = (o: readonly number[]): number => o.indexOf(Math.max(...o));

describe("one step in double precision equals PyTorch's autograd", () => {
  it.each(gradients.cases.map((one) => [one.name, one] as const))("%s", (_, one) => {
    const reference = trainReference({
      model: modelOf(one.layers),
      loss: lossOf(one.loss),
      optimizer: sgd({ learningRate: 0.1, weightDecay: one.lambda }),
      ...dataOf(one),
      parameters: parametersOf(one.layers),
    });
    reference.step();
    const same = (name: string, expected: Nested) => expectGolden(name, reference.tensor(name), expected);
    const last = one.layers.length;
    one.forward.layers.forEach(({ z, h }, index) => {
      same(`z${index + 1}`, z);
      same(index + 1 === last ? "o" : `h${index + 1}`, h);
    });
    same("o", one.forward.o);
    // Loss and hit of each row lie side by side.
    const losses = reference.tensor("scores").filter((_, index) => index % 2 === 0);
    expectGolden("losses", losses, one.losses);
    same("do", one.gradients.do);
    one.gradients.layers.forEach(({ dz, dh, gW, dW, db }, index) => {
      same(`dz${index + 1}`, dz);
      same(index + 1 === last ? "do" : `dh${index + 1}`, dh);
      same(`gW${index + 1}`, gW);
      same(`dW${index + 1}`, dW);
      if (db !== null) same(`db${index + 1}`, db);
    });
    const { loss, penalty, hits } = recordOf(reference, 1);
    const right = one.labels?.filter((label, row) => label === firstLargest(one.forward.o[row] ?? [])).length ?? 0;
    expect(hits).toBe(right);
    expectGolden("L, s, J", [loss, penalty, loss + penalty], [one.L, one.s, one.J]);
  });
});

interface GoldenOptimizer {
  readonly type: string;
  readonly learningRate: number;
  readonly lambda: number;
  readonly decay: string;
  readonly momentum?: number | undefined;
  readonly beta1?: number | undefined;
  readonly beta2?: number | undefined;
  readonly epsilon?: number | undefined;
}

function optimizerOf(golden: GoldenOptimizer): Optimizer {
  const { type, learningRate, lambda: weightDecay, momentum = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = golden;
  const decay = golden.decay === "per-step" ? "per-step" : "per-batch";
  if (type === "sgd" || type === "momentum") return sgd({ learningRate, weightDecay, decay, momentum });
  if (type === "adam") return adam({ learningRate, weightDecay, decay, beta1, beta2, epsilon });
  if (type === "adamw") return adamw({ learningRate, weightDecay, beta1, beta2, epsilon });
  throw new Error(`golden: no optimizer "${type}"`);
}

/** s of a batch of so many rows out of λ/2 Σ‖W‖²: the per-step decay has λ̃ = λ|B|, and AdamW has no penalty. */
const penaltyOf = (decay: string, s: number, rows: number): number =>
  ({ "per-batch": s, "per-step": s * rows, decoupled: 0 })[decay] ?? Number.NaN;

/** The plans that take a step, of which the fused one writes its line of the ring when it is closed. */
const plans = [
  ["the textbook plan", { fuse: false }],
  ["the fused plan", { fuse: true }],
] as const;

const take = (reference: Reference) => {
  reference.step();
  reference.close();
};

describe.each(plans)("30 steps over batches of 5, 5, 3 equal PyTorch's optimizers: %s", (_plan, { fuse }) => {
  const runs = trajectories.runs.map((run) => {
    const { type, lambda, decay } = run.optimizer;
    return [`${run.problem}: ${type}, λ = ${lambda} ${decay}`, run] as const;
  });

  it("covers 2 networks × 9 settings", () => {
    expect(new Set(runs.map(([name]) => name)).size).toBe(18);
  });

  it.each(runs)("%s", (_, run) => {
    const problem = trajectories.problems.find(({ name }) => name === run.problem);
    if (problem === undefined) throw new Error(`golden: no problem "${run.problem}"`);
    const reference = trainReference({
      model: modelOf(problem.layers),
      loss: lossOf(problem.loss),
      optimizer: optimizerOf(run.optimizer),
      ...dataOf(problem),
      batch: problem.batchSize,
      fuse,
      parameters: parametersOf(problem.layers),
    });
    const kept: Readonly<Record<string, readonly GoldenParameters[]>> = run.params;
    let compared = 0;
    run.L.forEach((L, index) => {
      const t = index + 1;
      take(reference);
      const { loss, penalty, rows, step, halted } = recordOf(reference, t);
      const size = problem.batches[index % problem.batches.length]?.length ?? Number.NaN;
      expect({ rows, step, halted }).toEqual({ rows: size, step: t, halted: 0 });
      const s = penaltyOf(run.optimizer.decay, run.s[index] ?? Number.NaN, size);
      expectGolden(`L, s of step ${t}`, [loss, penalty], [L, s]);
      const layers = kept[t];
      if (layers === undefined) return;
      compared += 1;
      expectParameters(reference, layers, `step ${t}`);
    });
    expect({ steps: run.L.length, compared }).toEqual({ steps: trajectories.steps, compared: 4 });
  });
});

describe.each(plans)("the per-batch decay equals scikit-learn's alpha: %s", (_plan, { fuse }) => {
  const { problem } = sklearn;
  const start = (momentum: number) =>
    trainReference({
      model: modelOf(problem.layers),
      loss: lossOf(problem.loss),
      optimizer: sgd({ learningRate: problem.learningRate, weightDecay: problem.lambda, momentum }),
      ...dataOf(problem),
      batch: problem.batchSize,
      fuse,
      parameters: parametersOf(problem.layers),
    });

  it.each(sklearn.runs)("in single updates of 5, 5 and 3 rows, momentum $momentum", ({ momentum, updates }) => {
    const reference = start(momentum);
    updates.forEach(({ rows, loss, J, params }, index) => {
      take(reference);
      const record = recordOf(reference, index + 1);
      const objective = record.loss + record.penalty;
      expect(record.rows).toBe(rows.length);
      expectGolden(`J and J/|B| of step ${index + 1}`, [objective, objective / record.rows], [J, loss]);
      expectParameters(reference, params, `step ${index + 1}`);
    });
    expect(updates.length).toBe(6);
  });

  it.each(sklearn.runs)("in 10 whole epochs, momentum $momentum", ({ momentum, fit }) => {
    const reference = start(momentum);
    const curve = fit.lossCurve.map((_, epoch) => {
      let total = 0;
      for (let batch = 0; batch < problem.batches.length; batch++) {
        take(reference);
        const record = recordOf(reference, epoch * problem.batches.length + batch + 1);
        expect(record.epoch).toBe(epoch);
        total += record.loss + record.penalty;
      }
      return total / problem.X.length;
    });
    expectGolden("J/rows of each epoch", curve, fit.lossCurve);
    expectParameters(reference, fit.params, `${fit.epochs} epochs`);
    expect(curve.length).toBe(10);
  });
});

describe.each(plans)("the 2-2-2 example with frozen biases: %s", (_plan, { fuse }) => {
  const run: Run = {
    model: modelOf(worked.layers, { weights: true, bias: false }),
    loss: lossOf(worked.loss),
    optimizer: sgd({ learningRate: worked.learningRate }),
    ...dataOf(worked),
    fuse,
    parameters: parametersOf(worked.layers),
  };

  /** The error and the weights before update t + 1, for each t of the golden file. */
  const follow = (visit: (t: number, error: number, weights: readonly ArrayLike<number>[]) => void) => {
    const reference = trainReference(run);
    const kept = Object.keys(worked.E).map(Number);
    for (let t = 0; t <= Math.max(...kept); t++) {
      const weights = kept.includes(t) ? [reference.tensor("W1").slice(), reference.tensor("W2").slice()] : [];
      take(reference);
      if (kept.includes(t)) visit(t, recordOf(reference, (t % 1024) + 1).loss, weights);
    }
    return reference;
  };

  it("follows PyTorch for 10,000 updates", () => {
    const E: Readonly<Record<string, number>> = worked.E;
    const W: Readonly<Record<string, readonly Nested[]>> = worked.W;
    let compared = 0;
    const reference = follow((t, error, weights) => {
      compared += 1;
      expectGolden(`E after ${t} updates`, [error], E[t] ?? []);
      weights.forEach((values, index) => {
        expectGolden(`W${index + 1} after ${t} updates`, values, W[t]?.[index] ?? []);
      });
    });
    expect(compared).toBe(7);
    expect(Array.from(reference.tensor("b1"))).toEqual([0.35, 0.35]);
    expect(Array.from(reference.tensor("b2"))).toEqual([0.6, 0.6]);
  });

  it("gives the published figures to their last digit", () => {
    const found: Record<string, string> = {};
    follow((t, error, [W1, W2]) => {
      if (t === 0) found.E0 = error.toPrecision(9);
      if (t === 1) {
        found.E1 = error.toPrecision(9);
        found.w1after1 = W1?.[0]?.toPrecision(8) ?? "";
        found.w5after1 = W2?.[0]?.toPrecision(8) ?? "";
      }
      if (t === 10_000) found.E10000 = error.toPrecision(9);
    });
    const numbers = Object.fromEntries(Object.entries(found).map(([name, text]) => [name, Number(text)]));
    expect(numbers).toEqual(worked.published);
  });

  it("does not give the much-copied error of deltas taken through updated weights", () => {
    const reference = trainReference(run);
    take(reference);
    take(reference);
    expect(recordOf(reference, 2).loss.toPrecision(9)).not.toBe((0.291027924).toPrecision(9));
  });
});

describe("the learning rate of a schedule equals PyTorch's", () => {
  /** η of steps 0, 1, 2, … as the ring records it. */
  const rates = (schedule: Schedule, steps: number): number[] => {
    const reference = trainReference({
      model: sequential([dense(1)]),
      loss: "halfSquaredError",
      optimizer: sgd({ learningRate: schedule }),
      inputs: [0],
      targets: [0],
      rows: 1,
      parameters: {},
    });
    return Array.from({ length: steps }, (_, t) => {
      reference.step();
      return recordOf(reference, t + 1).learningRate;
    });
  };

  it.each(learningRate.step)("step: η = $base, γ = $gamma every $stepSize", ({ base, stepSize, gamma, values }) => {
    const schedule = stepDecay({ learningRate: base, every: stepSize, factor: gamma });
    expectGolden("η", rates(schedule, values.length), values);
  });

  it.each(learningRate.cosine)("cosine: η = $base to $final, warm-up $warmup of $steps", (golden) => {
    const { base, final, warmup, steps, coincideThrough, torch, ours } = golden;
    const schedule = cosine({ learningRate: base, steps, warmup, finalLearningRate: final });
    const got = rates(schedule, ours.length);
    expectGolden("η", got.slice(0, coincideThrough + 1), torch);
    expectGolden("η", got, ours);
    expect(got.slice(steps)).toEqual(got.slice(steps).map(() => final));
  });
});
