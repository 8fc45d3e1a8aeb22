import { describe, expect, it } from "vitest";
import { NumericError } from "../../../src/errors.ts";
import { LONG_RING_RECORDS } from "../../../src/kernels/control.ts";
import { reduceGroup } from "../../../src/kernels/record.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { Trainer } from "../../../src/run/types.ts";
import { atOnce } from "../../helpers/clock.ts";
import { expectClose, gamma } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { posing } from "../../helpers/disguise.ts";
import { random } from "../../helpers/gpu.ts";
import { onPalette, TWO_EPOCHS } from "../../helpers/palette.ts";
import { groupRoundings, rowErrors } from "../../helpers/tolerances.ts";
import { rejection } from "../../helpers/training.ts";
import { expectTrajectory } from "../../helpers/trajectory.ts";
import { inRegisters, inWorkgroup, type Rule, ruleNames, smallOf } from "../../helpers/variants.ts";
import {
  dataOf,
  expectAlike,
  expectNear,
  expectSame,
  optionsOf,
  type Small,
  withBoth,
} from "../../helpers/whole-steps.ts";

const device = await useDevice();
/** Whatever its tiles, a plan of a dispatch for each layer trains to the same bits. */
const both = { whole: device, fused: onPalette(device) };

const twoLayers = (rule: Rule) => smallOf(inRegisters["two layers"], rule);
const sgd: Rule = "sgd with decay of a rate that drops";
const momentum: Rule = "momentum, decay per step";
const adam: Rule = "adam, a cosine";
const adamw: Rule = "adamw, biases decay too";

/** Trainers of whole steps, which are disposed of after `work`. */
async function withWhole(count: number, small: Small, work: (...trainers: Trainer[]) => Promise<void>): Promise<void> {
  const make = () => createTrainer(device, optionsOf(small, true));
  const trainers = await Promise.all(Array.from({ length: count }, make));
  try {
    await work(...trainers);
  } finally {
    for (const trainer of trainers) trainer.dispose();
  }
}

const three = inWorkgroup["three wide layers without a bias"];

describe("whole steps with parameters in registers equal the reference over 30 steps", () => {
  it.each([
    ["one layer", momentum],
    ...ruleNames.map((rule) => ["two layers", rule] as const),
    ["three layers without a bias", sgd],
    ["four layers, one of them frozen", adamw],
  ] as const)("%s, %s", async (network, rule) => {
    const small = smallOf(inRegisters[network], rule);
    await withWhole(1, small, async (trainer) => {
      expect(trainer?.plan.steps[0]?.variant).toMatchObject({ registers: true });
    });
    await expectTrajectory(device, { ...small, oneDispatch: true });
  });
});

describe("whole steps in workgroup memory train as a dispatch for each layer does, bit for bit", () => {
  it.each([
    ["two wide layers", sgd],
    ["three wide layers without a bias", momentum],
    ["three wide layers without a bias", adam],
  ] as const)("%s, %s", async (network, rule) => {
    await withBoth(both, smallOf(inWorkgroup[network], rule), async (whole, fused) => {
      expect(whole.plan.steps[0]?.variant).toMatchObject({ registers: false });
      await expectAlike(whole, fused, [1, TWO_EPOCHS - 1], expectSame);
    });
  });
});

describe("whole steps", () => {
  it("train alike on a device of 4 lanes and on one of 32", async () => {
    const few = await createTrainer(posing(device, 4), optionsOf(twoLayers(adamw), true));
    const many = await createTrainer(posing(device, 32), optionsOf(twoLayers(adamw), true));
    const groups = [few, many].map(({ plan }) => plan.steps[0]?.variant);
    expect(groups).toMatchObject([4, 32].map((group) => ({ registers: true, group })));
    for (const trainer of [few, many]) await trainer.step(TWO_EPOCHS);
    await expectNear(many, few);
    for (const trainer of [few, many]) trainer.dispose();
  });

  it("do not depend on how many steps a submit has", async () => {
    await withWhole(2, twoLayers(adamw), async (once, often) => {
      await once?.step(50);
      for (const steps of [1, 2, 3, 7, 11, 26]) await often?.step(steps);
      await expectSame(once as Trainer, often as Trainer);
    });
  });

  it("take up parameters and a saved run", async () => {
    await withBoth(both, smallOf(three, momentum), async (first, second) => {
      await first.step(20);
      await second.load(await first.save());
      await expectSame(first, second);
      await first.step(20);
      await second.step(20);
      await expectSame(first, second);
    });
  });

  it("are judged between two submits", async () => {
    const small = twoLayers(momentum);
    await withWhole(1, small, async (only) => {
      const trainer = only as Trainer;
      await trainer.step(20);
      await trainer.setParameters({ W2: new Float32Array(3 * 8), b2: new Float32Array(3) });
      const rows = 1025;
      const inputs = random(rows * small.inputs, 5);
      const { loss } = await trainer.evaluate({ inputs, targets: new Uint32Array(rows) });
      // Logits of 0 give each of the 3 classes a probability of 1/3, and each row the loss log 3.
      const each = rowErrors("softmaxCrossEntropy", [0, 0, 0], [0]).loss;
      const summing = gamma(groupRoundings(rows, reduceGroup(rows))) * Math.log(3);
      expectClose("L/|B|", [loss], [Math.log(3)], each + summing);
    });
  });

  it.each(ruleNames)("go on exactly where a saved run by %s stood", async (rule) => {
    await withWhole(3, twoLayers(rule), async (through, first, second) => {
      await through?.step(24);
      await first?.step(11);
      await second?.load((await first?.save())?.buffer ?? new ArrayBuffer());
      await second?.step(13);
      await expectSame(second as Trainer, through as Trainer);
    });
  });

  it("stop before an update by a loss that is not finite, and go on once the parameters are set", async () => {
    await withWhole(1, twoLayers(sgd), async (only) => {
      const trainer = only as Trainer;
      await trainer.step(3);
      const before = await trainer.parameters();
      const filled = (name: string) => (before[name] ?? new Float32Array()).map(() => 3e38);
      const huge = { ...before, W1: filled("W1"), W2: filled("W2") };
      await trainer.setParameters(huge);
      const failure = await rejection(trainer.step(20));
      expect(failure).toBeInstanceOf(NumericError);
      expect(failure).toMatchObject({ step: 4 });
      expect(await trainer.parameters()).toEqual(huge);
      await trainer.setParameters(before);
      const report = await trainer.step(5);
      expect(report.step).toBe(8);
      expect(Number.isFinite(report.loss)).toBe(true);
    });
  });

  it("report each step once, where the ring begins anew too", async () => {
    await withWhole(2, twoLayers(sgd), async (...trainers) => {
      const [first, second] = trainers as [Trainer, Trainer];
      await first.step(5);
      await second.step(5);
      const steps = LONG_RING_RECORDS + 10;
      const whole = await first.step(steps);
      let [loss, rows] = [0, 0];
      for (const part of [1, LONG_RING_RECORDS - 100, 90, 19]) {
        const report = await second.step(part);
        loss += report.loss * report.rows;
        rows += report.rows;
      }
      expect(whole).toMatchObject({ step: steps + 5, steps, rows });
      // Sums of positive numbers in double precision, in another order.
      expectClose("L", [whole.loss * rows], [loss], 2 * steps * 2 ** -53 * loss);
      await expectSame(first, second);
    });
  });

  it("halt in the middle of a dispatch as one dispatch for each layer does, at a row's loss that |B| rows could not have", async () => {
    const small = smallOf(three, adam);
    const { inputs, targets } = dataOf(small);
    await expectSameFailure(
      small,
      // ½ 1e19² is a float32, 7 times as much is not.
      { inputs, targets: Float32Array.from(targets).fill(2e19, 0, 1) },
      (trainer) => trainer.step(12),
    );
  });

  it("halt in the middle of a dispatch as one dispatch for each layer does, at a penalty that is not finite", async () => {
    const small = smallOf(inWorkgroup["two wide layers"], sgd);
    await expectSameFailure(small, dataOf(small), (trainer) =>
      // By now a submit holds many steps.
      atOnce(async () => {
        await trainer.step(600);
        await trainer.setParameters({ W1: ((await trainer.parameters()).W1 ?? new Float32Array()).fill(2e19) });
        await trainer.step(40);
      }),
    );
  });
});

/** Training by either plan fails alike, with the same parameters. */
async function expectSameFailure(
  small: ReturnType<typeof smallOf>,
  data: ReturnType<typeof dataOf>,
  train: (trainer: Trainer) => Promise<unknown>,
): Promise<void> {
  await withBoth(both, { ...small, data }, async (whole, fused) => {
    const [expected, failure] = [await rejection(train(fused)), await rejection(train(whole))];
    expect(expected).toBeInstanceOf(NumericError);
    expect(failure).toBeInstanceOf(NumericError);
    const { step, got, remedy } = expected as NumericError;
    expect(failure).toMatchObject({ step, got, remedy });
    await expectSame(whole, fused);
  });
}
