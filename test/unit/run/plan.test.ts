import { describe, expect, it } from "vitest";
import { anyHardware, type Hardware } from "../../../src/kernels/tile.ts";
import { dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { sgd } from "../../../src/model/optimizer.ts";
import { buildTrainPlan } from "../../../src/plan/build.ts";
import { fuse } from "../../../src/plan/passes/fuse.ts";
import { oneDispatch } from "../../../src/plan/passes/one-dispatch.ts";
import type { Plan } from "../../../src/plan/types.ts";
import { type PlanOptions, planTraining } from "../../../src/run/plan.ts";
import { refusal } from "../../helpers/refusal.ts";

const options: PlanOptions = {
  model: sequential([dense(3, "tanh"), dense(2)]),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate: 0.1, weightDecay: 0.3 }),
  inputs: 4,
  rows: 20,
  batch: 8,
};

const textbook = (shuffle: boolean, hardware?: Hardware) =>
  buildTrainPlan({
    layers: resolveLayers(options.model, 4, options.loss),
    loss: options.loss,
    batch: 8,
    optimizer: options.optimizer,
    dataRows: 20,
    shuffle,
    hardware,
  });

describe("planTraining", () => {
  it("gives whole steps in one dispatch where a step is small, of rows in a new order each epoch", () => {
    expect(planTraining(options)).toStrictEqual(oneDispatch(fuse(textbook(true))));
    expect(planTraining({ ...options, shuffle: false })).toStrictEqual(oneDispatch(fuse(textbook(false))));
  });

  it("gives the fused plan with oneDispatch: false", () => {
    expect(planTraining({ ...options, oneDispatch: false })).toStrictEqual(fuse(textbook(true)));
  });

  it("gives the textbook plan with fuse: false", () => {
    expect(planTraining({ ...options, fuse: false })).toStrictEqual(textbook(true));
  });

  it("shares products out for the given hardware, or for one of which nothing is known", () => {
    const cpu = { lanes: 4, subgroups: true };
    const tilesOf = ({ steps }: Plan) => steps.flatMap(({ variant }) => ("tile" in variant ? [variant.tile] : []));
    expect(planTraining({ ...options, fuse: false }, cpu)).toStrictEqual(textbook(true, cpu));
    expect(planTraining({ ...options, oneDispatch: false }, cpu)).toStrictEqual(fuse(textbook(true, cpu)));
    expect(planTraining(options)).toStrictEqual(planTraining(options, anyHardware));
    for (const tile of tilesOf(planTraining({ ...options, fuse: false }, cpu))) {
      expect(tile).toMatchObject({ lanes: 8, subgroups: true });
    }
    for (const tile of tilesOf(planTraining({ ...options, fuse: false }))) {
      expect(tile).toMatchObject({ lanes: 32, subgroups: false });
    }
  });

  it.each([
    [20, 20],
    [32, 32],
    [33, 32],
  ])("takes of %d rows a batch of %d where none is given", (rows, batch) => {
    const { batch: _, ...others } = options;
    expect(planTraining({ ...others, rows }).batch).toBe(batch);
  });

  it("takes all rows at once as it takes one", () => {
    expect(planTraining({ ...options, batch: 20 }).batch).toBe(20);
    expect(planTraining({ ...options, batch: 1 }).batch).toBe(1);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses a batch of %d", (batch) => {
    expect(refusal(() => planTraining({ ...options, batch }))).toBe(
      `ModelError: planTraining: got batch ${batch}, expected a whole number from 1 to 4294967295; set batch to a whole number from 1 to 4294967295.`,
    );
  });

  it("refuses a batch of more rows than there are", () => {
    expect(refusal(() => planTraining({ ...options, batch: 21 }))).toBe(
      "ShapeError: planTraining: got batch 21, expected at most 20, the rows of the data; take a smaller batch or more rows.",
    );
  });

  it("refuses a network that does not fit", () => {
    const model = sequential([dense(3, "tanh", { inputs: 5 })]);
    expect(refusal(() => planTraining({ ...options, model }))).toMatch(/^ShapeError: model: layer 1: got 5 inputs,/);
  });
});
