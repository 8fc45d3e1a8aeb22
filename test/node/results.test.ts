import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, expect, test } from "vitest";
import { createReferenceTrainer } from "../../src/cpu/trainer.ts";
import { createPredictor } from "../../src/run/predictor.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import { openNullDevice } from "../helpers/null-device.ts";
import { COLUMNS, classes, classifier } from "../helpers/training.ts";
import { turns } from "../helpers/turns.ts";

/** What a call gave is the caller's alone: a file or the outputs of many rows may take many megabytes. */

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const device = await openNullDevice();
afterAll(() => device.destroy());

const rows = classes(40);

/** Calls that give an object, of which the caller keeps nothing. */
const cpu = createReferenceTrainer(classifier);
const gpu = await createTrainer(device, classifier);
const { model, loss } = classifier;
const predictor = await createPredictor(device, { model, loss, inputs: COLUMNS, parameters: await cpu.parameters() });
afterAll(() => {
  for (const one of [cpu, gpu, predictor]) one.dispose();
});

const calls: Readonly<Record<string, () => Promise<object>>> = Object.fromEntries([
  ...Object.entries({ CPU: cpu, GPU: gpu }).flatMap(([place, trainer]) => [
    [`save on the ${place}`, () => trainer.save()],
    [`predict on the ${place}`, async () => (await trainer.predict(rows.inputs)).outputs],
    [`evaluate on the ${place}`, () => trainer.evaluate(rows)],
    [`parameters on the ${place}`, async () => (await trainer.parameters()).W1],
    [`read on the ${place}`, async () => (await trainer.read("W1")).data],
    [`step on the ${place}`, () => trainer.step()],
    [`an awaited fit on the ${place}`, async () => await trainer.fit({ epochs: 1 })],
  ]),
  ["predict of a predictor", async () => (await predictor.predict(rows.inputs)).outputs],
]);

/** Makes a call and keeps nothing of what it gives. */
const dropped = async (call: () => Promise<object>) => new WeakRef(await call());

/** Collections after which all that nothing holds is gone: what is finalized lets go of more. */
const COLLECTIONS = 5;

test.each(Object.entries(calls))("what %s gave is not kept", async (_, call) => {
  const given = await dropped(call);
  for (let i = 0; i < COLLECTIONS; i++) {
    await turns();
    collectGarbage();
  }
  expect(given.deref()).toBeUndefined();
});

test("what is kept would be seen", async () => {
  const kept = cpu.save();
  const given = await dropped(() => kept);
  for (let i = 0; i < COLLECTIONS; i++) {
    await turns();
    collectGarbage();
  }
  expect(given.deref()).toBe(await kept);
});
