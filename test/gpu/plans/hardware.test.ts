import { expect, test } from "vitest";
import { dense, sequential } from "../../../src/model/layer.ts";
import type { TrainerOptions } from "../../../src/run/types.ts";
import { useDevice } from "../../helpers/device.ts";
import { posing } from "../../helpers/disguise.ts";
import { random, randomIntegers } from "../../helpers/gpu.ts";
import { expectSameOnAll, expectSameTraining, posesOf, train } from "../../helpers/hardware.ts";
import { ruleOf } from "../../helpers/networks.ts";
import { OUTPUTS, TWO_EPOCHS, WIDE } from "../../helpers/palette.ts";
import { inWorkgroup, smallOf } from "../../helpers/variants.ts";
import { optionsOf } from "../../helpers/whole-steps.ts";

const device = await useDevice();
const poses = posesOf(device);

/** Two full batches and one of 7 rows, in two epochs. */
const [ROWS, BATCH, STEPS] = [53, 23, 6];

/** Of 4 lanes each side of the hidden layer is shared out in several tiles. */
const classifier: TrainerOptions = {
  model: sequential([dense(WIDE, "relu"), dense(OUTPUTS)]),
  loss: "softmaxCrossEntropy",
  optimizer: ruleOf("momentum, λ of biases too"),
  data: { inputs: random(ROWS * WIDE, 1), targets: randomIntegers(ROWS, 2, OUTPUTS) },
  batch: BATCH,
  oneDispatch: false,
};

// What does so for two epochs, in which every kernel meets full batches and a partial one, does so for ever.
test("two epochs of a classifier give the same bits whatever the lanes", () =>
  expectSameOnAll(poses, classifier, STEPS));

test("two epochs of whole steps in one dispatch give the same bits whatever the lanes", async () => {
  const small = optionsOf(smallOf(inWorkgroup["two wide layers"], "sgd with decay of a rate that drops"), true);
  const [known, other] = [
    await train(poses.known, small, TWO_EPOCHS),
    await train(posing(device, 4), small, TWO_EPOCHS),
  ];
  const groups = [known, other].map(({ plan }) => plan.steps[0]?.variant);
  expect(groups).toMatchObject([
    { registers: false, group: 64 },
    { registers: false, group: 4 },
  ]);
  expectSameTraining(other, known);
});
