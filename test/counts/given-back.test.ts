import { afterAll, expect, test } from "vitest";
import { createReferenceTrainer } from "../../src/cpu/trainer.ts";
import { type Device, openDevice } from "../../src/device/open.ts";
import { sgd } from "../../src/model/optimizer.ts";
import { createPredictor } from "../../src/run/predictor.ts";
import { sweep } from "../../src/run/sweep.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import { tune } from "../../src/run/tune/tune.ts";
import { countCalls } from "../helpers/counting.ts";
import { openNullDevice } from "../helpers/null-device.ts";
import { COLUMNS, classifier, withTrainer } from "../helpers/training.ts";

/** A device of one's own lives on when it is given back, and so would what was being made for a call that ended with that. */

const device = await openNullDevice();
afterAll(() => device.destroy());
const counter = countCalls(device.gpu);

/** Buffers after which it is given back: the most that are tried, more than any but tune() makes. */
const MOST = 30;

/** Turns of the event loop that are far more than what is compiled here takes. */
const TURNS = 1000;

const { model, loss, data } = classifier;
const parameters = await createReferenceTrainer(classifier).parameters();
const plan = await withTrainer(device, classifier, async (trainer) => trainer.plan);

test.each<[string, (on: Device) => Promise<{ dispose(): void } | undefined>]>([
  ["createTrainer", (on) => createTrainer(on, classifier)],
  ["createPredictor", (on) => createPredictor(on, { model, loss, inputs: COLUMNS, parameters })],
  ["sweep", (on) => sweep(on, { model, loss, data, variants: [{ optimizer: sgd({ learningRate: 0.1 }) }] })],
  ["tune", (on) => tune(on, plan).then(() => undefined)],
])("%s leaves no buffer behind where its device is given back meanwhile", async (_, call) => {
  for (let made = 1; made <= MOST; made++) {
    const wrapped = await openDevice({ device: device.gpu });
    counter.reset();
    // What is there before is freed by its owner, and ends this.
    const calling = call(wrapped).then(
      (one) => one?.dispose(),
      (cause: unknown) => cause,
    );
    await Promise.race([calling, counter.when(() => counter.counts.createBuffer === made)]);
    wrapped.destroy();
    const error = await calling;
    if (error === undefined) break;
    expect(String(error)).toContain("a device that was given back");
    // What is being made is soon there.
    for (let turn = 0; turn < TURNS && counter.alive().length > 0; turn++) await new Promise((go) => setTimeout(go));
    expect(counter.alive(), `after ${made} buffers`).toEqual([]);
  }
});
