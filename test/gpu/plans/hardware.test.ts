import { expect, test } from "vitest";
import { dense, sequential } from "../../../src/model/layer.ts";
import type { TrainerOptions } from "../../../src/run/types.ts";
import { useDevice } from "../../helpers/device.ts";
import { posing } from "../../helpers/disguise.ts";
import { random, randomIntegers } from "../../helpers/gpu.ts";
import { expectSameOnAll, expectSameTraining, train } from "../../helpers/hardware.ts";
import { ruleOf } from "../../helpers/networks.ts";
import { OUTPUTS, TWO_EPOCHS, WIDE } from "../../helpers/palette.ts";
import { inWorkgroup, smallOf } from "../../helpers/variants.ts";
import { optionsOf } from "../../helpers/whole-steps.ts";

const device = await useDevice();
/** As a GPU, and as it is or with as few lanes: whether lanes share what they load, no bit tells either. */
const poses = { known: posing(device, 32), others: [["4 lanes", posing(device, 4)]] } as const;

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
  expectSameOnAll(poses, classifier, STEPS, false));

test("two epochs of whole steps in one dispatch give the same bits whatever the lanes", async () => {
  const small = optionsOf(smallOf(inWorkgroup["two wide layers"], "sgd with decay of a rate that drops"), true);
  const [known, other] = [
    await train(poses.known, small, TWO_EPOCHS, false),
    await train(posing(device, 4), small, TWO_EPOCHS, false),
  ];
  const groups = [known, other].map(({ plan }) => plan.steps[0]?.variant);
  expect(groups).toMatchObject([
    { registers: false, group: 64 },
    { registers: false, group: 4 },
  ]);
  expectSameTraining(other, known);
});
