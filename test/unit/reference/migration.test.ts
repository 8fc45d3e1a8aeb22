import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { adam, adamw, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import migration from "../../golden/migration.json";
import { expectGolden, type GoldenParameters, lossOf, modelOf, parametersOf } from "../../helpers/golden.ts";
import { trainReference } from "../../helpers/reference.ts";

/** An optimizer as a program of PyTorch makes it. */
interface Torch {
  readonly type: string;
  readonly lr: number;
  readonly weight_decay: number;
  readonly momentum?: number | undefined;
  readonly eps?: number | undefined;
}

/** The numbers of an optimizer there, once a line of the README has changed them. */
interface Numbers {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly epsilon: number;
}

const numbersOf = ({ lr, weight_decay, eps = 1e-8 }: Torch): Numbers => ({
  learningRate: lr,
  weightDecay: weight_decay,
  epsilon: eps,
});

const asItIs = (numbers: Numbers): Numbers => numbers;

/** README's lines for a mean squared error of k outputs. */
const squared: Readonly<Record<string, (numbers: Numbers, k: number) => Numbers>> = {
  "| SGD, with momentum too | η · 2/k | λ · k/2 | |": ({ learningRate: η, weightDecay: λ, epsilon }, k) => ({
    learningRate: (η * 2) / k,
    weightDecay: (λ * k) / 2,
    epsilon,
  }),
  "| Adam | η | λ · k/2 | ε · k/2 |": ({ learningRate, weightDecay: λ, epsilon: ε }, k) => ({
    learningRate,
    weightDecay: (λ * k) / 2,
    epsilon: (ε * k) / 2,
  }),
  "| AdamW | η | λ | ε · k/2 |": ({ epsilon: ε, ...same }, k) => ({ ...same, epsilon: (ε * k) / 2 }),
};

/** Which of them is for an optimizer there. */
const squaredLine = { SGD: 0, Adam: 1, AdamW: 2 } as const;

/** README's lines for λ, by optimizers there. */
const decays = {
  torch: '| PyTorch `SGD`, `Adam` | `weight_decay` | `weightDecay: weight_decay, decay: "per-step"` |',
  adamw:
    "| PyTorch `AdamW` | `weight_decay` | `adamw({ weightDecay: weight_decay })`. PyTorch's default is 0.01, here it is 0 |",
  l2: '| tfjs `regularizers.l2({ l2 })`, Keras `regularizers.L2(l2)` | adds l2·Σw² to the mean loss | `weightDecay: 2 * l2, decay: "per-step"` |',
  sklearn: "| scikit-learn `MLPClassifier`, `MLPRegressor` | `alpha` | `weightDecay: alpha` |",
};

const problems: Readonly<
  Record<string, (typeof migration.problems)["classes"] | (typeof migration.problems)["values"]>
> = migration.problems;

/** Parameters after the 30 steps of the golden file. */
function trained(name: string, optimizer: Optimizer): (name: string) => ArrayLike<number> {
  const problem = problems[name];
  if (!problem) throw new Error(`golden: no problem "${name}"`);
  const reference = trainReference({
    model: modelOf(problem.layers),
    loss: lossOf(problem.loss),
    optimizer,
    inputs: problem.X.flat(),
    targets: "labels" in problem ? problem.labels : problem.Y.flat(),
    rows: problem.X.length,
    batch: problem.batchSize,
    parameters: parametersOf(problem.layers),
  });
  for (let step = 0; step < migration.steps; step++) reference.step();
  return (parameter) => reference.tensor(parameter);
}

function expectSame(name: string, optimizer: Optimizer, params: readonly GoldenParameters[]): void {
  const got = trained(name, optimizer);
  for (const [parameter, values] of Object.entries(parametersOf(params))) {
    expectGolden(parameter, got(parameter), Array.from(values));
  }
}

/** The largest difference from the golden parameters. */
function apart(name: string, optimizer: Optimizer, params: readonly GoldenParameters[]): number {
  const got = trained(name, optimizer);
  const differences = Object.entries(parametersOf(params)).flatMap(([parameter, values]) =>
    Array.from(values, (value, index) => Math.abs(value - (got(parameter)[index] ?? Number.NaN))),
  );
  return Math.max(...differences);
}

const make = (torch: Torch, { epsilon, ...numbers }: Numbers, decayBiases: boolean): Optimizer => {
  const { type, momentum = 0 } = torch;
  if (type === "AdamW") return adamw({ ...numbers, epsilon, decayBiases });
  if (type === "Adam") return adam({ ...numbers, epsilon, decayBiases, decay: "per-step" });
  return sgd({ ...numbers, momentum, decayBiases, decay: "per-step" });
};

const outputs = (problem: string): number => problems[problem]?.layers.at(-1)?.W.length ?? Number.NaN;

const runs = migration.torch.map((run) => {
  const { type, momentum, weight_decay } = run.optimizer as Torch;
  const line = Object.keys(squared)[squaredLine[type as keyof typeof squaredLine]] as string;
  const penalty = run.l2 > 0 ? `l2 ${run.l2}` : `weight_decay ${weight_decay}`;
  return {
    ...run,
    torch: run.optimizer as Torch,
    line,
    name: `${run.loss}, ${type}${momentum ? " with momentum" : ""}, ${penalty}`,
  };
});

describe("README's lines on how to migrate take the very steps of the program there:", () => {
  it.each(runs)("$name", ({ problem, loss, torch, l2, line, params }) => {
    const numbers = { ...numbersOf(torch), ...(l2 > 0 && { weightDecay: 2 * l2 }) };
    const change = loss === "MSELoss" ? squared[line] : asItIs;
    // A penalty on kernels is none on biases; the parameters of an optimizer of PyTorch are all.
    expectSame(problem, make(torch, change?.(numbers, outputs(problem)) ?? numbers, l2 === 0), params);
  });

  it.each(migration.sklearn)(
    "$estimator, momentum $momentum",
    ({ problem, alpha, learning_rate_init, momentum, params }) => {
      expectSame(problem, sgd({ learningRate: learning_rate_init, weightDecay: alpha, momentum }), params);
    },
  );

  it("are these lines, and there are no others", () => {
    const readme = readFileSync(fileURLToPath(new URL("../../../README.md", import.meta.url)), "utf8").split("\n");
    /** The rows of the table with that head. */
    const rows = (head: string): string[] => {
      const from = readme.findIndex((text) => text.startsWith(head)) + 2;
      return readme.slice(from, readme.indexOf("", from));
    };
    expect(rows("| optimizer there, on a mean squared error |")).toEqual(Object.keys(squared));
    expect(rows("| from | there | here |").toSorted()).toEqual(Object.values(decays).toSorted());
  });

  it("cover each line, and outputs of which k/2 is not 1", () => {
    expect(outputs("values")).toBe(4);
    for (const line of Object.keys(squared)) {
      expect(runs.filter((run) => run.line === line && run.loss === "MSELoss").length).toBeGreaterThanOrEqual(2);
    }
    expect(runs.filter(({ l2 }) => l2 > 0).length).toBe(6);
    expect(migration.sklearn.map(({ estimator }) => estimator)).toEqual(
      expect.arrayContaining(["MLPClassifier", "MLPRegressor"]),
    );
  });

  it.each(
    runs.filter(
      ({ loss, torch, l2 }) => loss === "MSELoss" && (torch.type !== "SGD" || torch.weight_decay > 0 || l2 > 0),
    ),
  )("and a learning rate times 2/k alone does not: $name", ({ problem, torch, l2, params }) => {
    const numbers = { ...numbersOf(torch), ...(l2 > 0 && { weightDecay: 2 * l2 }) };
    const learningRate = (numbers.learningRate * 2) / outputs(problem);
    expect(apart(problem, make(torch, { ...numbers, learningRate }, l2 === 0), params)).toBeGreaterThan(1e-3);
  });
});
