import { describe, expect, it } from "vitest";
import { workgroupsOf } from "../../../src/kernels/index.ts";
import { squareParts } from "../../../src/kernels/layer-update.ts";
import { type Hardware, largeSquare, type Tile } from "../../../src/kernels/tile.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import type { Loss } from "../../../src/model/loss.ts";
import { adam, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import {
  allows,
  attempt,
  attempts,
  type Choice,
  type ChoiceLimits,
  choiceOf,
  choiceText,
  products,
  productText,
  retile,
  type Tunable,
  withChoice,
} from "../../../src/plan/tiles.ts";
import type { Plan } from "../../../src/plan/types.ts";
import { planTraining } from "../../../src/run/plan.ts";

const gpu: ChoiceLimits = { lanes: 32, subgroups: true, invocations: 256 };
const cpu: ChoiceLimits = { lanes: 4, subgroups: true, invocations: 256 };
const plain: ChoiceLimits = { lanes: 32, subgroups: false, invocations: 128 };

interface Shape {
  readonly optimizer?: Optimizer;
  readonly hardware?: Hardware;
  readonly loss?: Loss;
  readonly fuse?: boolean;
  readonly oneDispatch?: boolean;
}

const planOf = ({ optimizer = sgd({ learningRate: 0.1 }), hardware = gpu, ...rest }: Shape = {}): Plan =>
  planTraining(
    {
      model: sequential([dense(150, "relu"), dense(150, "relu"), dense(150, "relu"), dense(10)]),
      loss: "softmaxCrossEntropy",
      inputs: 70,
      rows: 500,
      batch: 128,
      optimizer,
      oneDispatch: false,
      ...rest,
    },
    hardware,
  );

const decaying = adam({ learningRate: 0.1, weightDecay: 0.1 });

/** The choices that a search comes to which takes none, every other, or each of what it tries. */
function reachable(step: Tunable, limits: ChoiceLimits): Choice[] {
  const found = new Map<string, Choice>();
  for (const takes of [() => false, (index: number) => index % 2 === 0, () => true]) {
    let best = choiceOf(step);
    for (let index = 0; index < attempts(step); index++) {
      const choice = attempt(step, best, index, limits);
      if (choice === undefined) continue;
      found.set(choiceText(choice), choice);
      if (takes(index)) best = choice;
    }
  }
  return [...found.values()].filter((choice) => choiceText(choice) !== choiceText(choiceOf(step)));
}

const stepOf = (plan: Plan, kernel: string): Tunable => {
  const found = products(plan).find(({ step }) => step.kernel === kernel);
  if (!found) throw new Error(`no ${kernel} in this plan`);
  return found.step;
};

describe("products", () => {
  it("are the distinct ones of a plan, those with the most work first", () => {
    const found = products(planOf({ optimizer: decaying })).map(({ step, count }) => [step.kernel, count]);
    // Both hidden layers of 150 units are one product each way, wherever their squares go.
    expect(found).toEqual([
      ["layerUpdate", 2],
      ["layerBackward", 2],
      ["layerForward", 2],
      ["layerUpdate", 1],
      ["layerForward", 1],
      ["layerBackward", 1],
      ["outputLoss", 1],
      ["layerUpdate", 1],
    ]);
    const flops = products(planOf()).map((product) => product.flops);
    expect(flops).toEqual([...flops].sort((a, b) => b - a));
  });

  it("are the textbook's matmuls where nothing is fused", () => {
    expect(new Set(products(planOf({ fuse: false })).map(({ step }) => step.kernel))).toEqual(new Set(["matmul"]));
  });

  it("are none where a step is one dispatch", () => {
    const model = sequential([dense(8, "relu"), dense(2)]);
    const optimizer = sgd({ learningRate: 0.1 });
    const plan = planTraining({ model, loss: "softmaxCrossEntropy", inputs: 2, rows: 50, optimizer });
    expect(plan.steps.map(({ kernel }) => kernel)).toEqual(["wholeSteps"]);
    expect(products(plan)).toEqual([]);
  });
});

describe("attempts", () => {
  it.each([
    ["a GPU", gpu],
    ["a software adapter", cpu],
    ["a device without subgroups", plain],
  ])("on %s are other choices that it allows, and make plans that hold together", (_, limits) => {
    for (const optimizer of [sgd({ learningRate: 0.1 }), decaying]) {
      const plan = planOf({ optimizer, hardware: limits });
      for (const { step } of products(plan)) {
        const choices = reachable(step, limits);
        expect(choices.length).toBeGreaterThan(0);
        for (const choice of choices) {
          expect(allows(step, choice, limits)).toBe(true);
          expect("group" in choice ? choice.group : choice.lanes).toBeLessThanOrEqual(limits.invocations);
          if (!limits.subgroups) expect(choice.subgroups).toBe(false);
          const other = retile(plan, new Map([[productText(step), choice]]));
          checkPlan(other);
          expect(other).not.toEqual(plan);
        }
      }
    }
  });

  it("vary each side of a tile, the lanes, the round, the subgroups, the direction, and whether it is staged", () => {
    const choices = reachable(stepOf(planOf(), "layerForward"), gpu) as Tile[];
    for (const field of ["along", "across", "lanes", "unroll", "subgroups", "swap", "staged"] as const) {
      expect([field, new Set(choices.map((tile) => tile[field])).size > 1]).toEqual([field, true]);
    }
  });

  it("leave the parts alone in which an update sums squares", () => {
    for (const limits of [gpu, cpu]) {
      const step = stepOf(planOf({ optimizer: decaying, hardware: limits }), "layerUpdate");
      const own = choiceOf(step) as Tile;
      const choices = reachable(step, limits) as Tile[];
      const { rows = 0, columns = 0 } = step.dims as { rows?: number; columns?: number };
      expect(choices.length).toBeGreaterThan(0);
      for (const { unroll, ...geometry } of choices) {
        expect({ ...geometry, unroll: own.unroll }).toEqual(own);
        expect(squareParts(rows, columns, { ...geometry, unroll })).toBe(squareParts(rows, columns, own));
      }
      expect(new Set(choices.map(({ unroll }) => unroll))).toEqual(
        new Set(own.staged ? [8] : [2, 4, 8].filter((unroll) => unroll !== own.unroll)),
      );
    }
  });

  it("never split an output into more than it has", () => {
    for (const { step } of products(planOf())) {
      if (step.kernel === "outputLoss") continue;
      for (const choice of reachable(step, gpu)) {
        const { along, lanes, swap, staged } = choice as Tile;
        const { rows, columns } = step.dims;
        if (!staged) expect(along).toBeLessThanOrEqual(swap ? columns : rows);
        const [x, y] = workgroupsOf(withChoice(step, choice));
        expect(x * y * lanes).toBeLessThanOrEqual(rows * columns * lanes);
      }
    }
  });

  it("stage nothing on a software adapter, and fit what they stage into the workgroup memory of every device", () => {
    for (const limits of [gpu, cpu]) {
      const tiles = products(planOf({ hardware: limits }))
        .flatMap(({ step }) => reachable(step, limits))
        .filter((choice): choice is Tile => "staged" in choice && choice.staged);
      expect(tiles.length > 0).toBe(limits === gpu);
      for (const { along, across, lanes, unroll } of tiles) {
        const side = Math.sqrt(lanes);
        expect(Number.isInteger(side)).toBe(true);
        expect(16 * unroll * ((side * along) / 4 + (side * across) / 4 + 2)).toBeLessThanOrEqual(16_384);
      }
    }
  });
});

describe("allows", () => {
  const step = stepOf(planOf(), "layerForward");
  const own = choiceOf(step) as Tile;
  const good: Tile = { ...own, along: 8, across: 1, lanes: 64, unroll: 8, swap: false, subgroups: true, staged: false };
  const square: Tile = { ...own, ...largeSquare };

  it("takes the plan's own choice and one in range", () => {
    expect(allows(step, { ...own }, plain)).toBe(true);
    expect(allows(step, good, gpu)).toBe(true);
    expect(allows(step, square, gpu)).toBe(true);
    expect(allows(step, { ...square, unroll: 8 }, gpu)).toBe(true);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a number", 4],
    ["a list", [8, 1, 64, 8, false, true, false, false, false]],
    ["a field missing", { along: 8, across: 1, lanes: 64, unroll: 8, swap: false }],
    ["a field more", { ...good, workgroup: 4 }],
    ["another kernel's choice", { group: 64, subgroups: false }],
    ["no outputs along", { ...good, along: 0 }],
    ["part of an output", { ...good, along: 2.5 }],
    ["a side that is not evenly split", { ...good, along: 14 }],
    ["too many along", { ...good, along: 1e9 }],
    ["too many across", { ...good, across: 9 }],
    ["too many sums", { ...good, along: 16, across: 5, lanes: 32 }],
    ["text", { ...good, lanes: "64" }],
    ["code", { ...good, lanes: "64) fn main() {" }],
    ["no lanes", { ...good, lanes: 0 }],
    ["more lanes than a workgroup has", { ...good, lanes: 512 }],
    ["a negative round", { ...good, unroll: -4 }],
    ["a round that is too long", { ...good, unroll: 32 }],
    ["no number", { ...good, unroll: Number.NaN }],
    ["a direction that is no truth value", { ...good, swap: 1 }],
    ["fours of an operand whose lines are no whole fours", { ...good, vectorA: true }],
    ["a vector that is no truth value", { ...good, vectorB: 0 }],
    ["a stage that is no truth value", { ...good, staged: 0 }],
    ["a square that is staged with subgroups", { ...square, subgroups: true }],
    ["one that is swapped", { ...square, swap: true }],
    ["one that is no square", { ...square, lanes: 32 }],
    ["one with more in workgroup memory than every device has", { ...square, unroll: 32 }],
    ["lanes that are no whole quads", { ...good, lanes: 30 }],
  ])("refuses %s", (_, choice) => {
    expect(allows(step, choice, gpu)).toBe(false);
  });

  it("refuses subgroups where the device has none, or too small ones", () => {
    expect(allows(step, good, { ...gpu, subgroups: false })).toBe(false);
    expect(allows(step, good, { ...gpu, lanes: 2 })).toBe(false);
  });

  it("refuses rows of an output that exceed a workgroup", () => {
    const output = stepOf(planOf(), "outputLoss");
    expect(allows(output, { group: 256, subgroups: true }, gpu)).toBe(true);
    expect(allows(output, { group: 257, subgroups: false }, gpu)).toBe(false);
    expect(allows(output, good, gpu)).toBe(false);
  });
});

describe("retile", () => {
  it("changes how products are shared out, and nothing else", () => {
    const plan = planOf();
    const { step } = products(plan)[0] ?? expect.fail("no product");
    const choice: Choice = { ...(choiceOf(step) as Tile), unroll: 8 };
    const tiled = retile(plan, new Map([[productText(step), choice]]));
    const changed = tiled.steps.filter((one, index) => one !== plan.steps[index]);
    expect(changed).toHaveLength(2);
    const back = retile(tiled, new Map([[productText(withChoice(step, choice)), choiceOf(step)]]));
    expect(back).toEqual(plan);
    expect(retile(plan, new Map())).toEqual(plan);
  });
});
