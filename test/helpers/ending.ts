import { expect } from "vitest";
import { random } from "./gpu.ts";
import { CLASSES, COLUMNS, classes, classifier } from "./training.ts";
import type { Either, Make } from "./trainings.ts";
import { turns } from "./turns.ts";

/** Calls that a trainer is disposed of amid. */

/** Other parameters of the classifier. */
export const others = (seed = 20) => ({
  W1: random(8 * COLUMNS, seed),
  b1: random(8, seed + 1),
  W2: random(CLASSES * 8, seed + 2),
  b2: random(CLASSES, seed + 3),
});

type Call = (trainer: Either, file: Uint8Array<ArrayBuffer>) => PromiseLike<unknown>;

/** Each call, by name. */
export const pending: Readonly<Record<string, Call>> = {
  "one step": (trainer) => trainer.step(),
  steps: (trainer) => trainer.step(4),
  fit: (trainer) => trainer.fit({ epochs: 2 }),
  evaluate: (trainer) => trainer.evaluate(classes(5)),
  predict: (trainer) => trainer.predict(classes(5).inputs),
  probe: (trainer) => trainer.probe(classes(5).inputs),
  parameters: (trainer) => trainer.parameters(),
  setParameters: (trainer) => trainer.setParameters(others()),
  "setParameters after a halt": (trainer) => {
    trainer.setParameters({ b2: Float32Array.of(3e38, -3e38, 0, 0) }).catch(() => {});
    trainer.step(2).catch(() => {});
    return trainer.setParameters(others());
  },
  setOptimizer: (trainer) => trainer.setOptimizer(classifier.optimizer),
  setData: (trainer) => trainer.setData(classes(20)),
  read: (trainer) => trainer.read("b1"),
  save: (trainer) => trainer.save(),
  load: (trainer, file) => trainer.load(file),
};

export const gone = (what = "trainer"): string =>
  `DeviceError: ${what}: got a call after dispose(), expected a ${what} that is in use; make a new ${what}.`;

/**
 * Disposes of a trainer so many turns of promises, and then of the event loop, after a call, and asserts that the call ends: with
 * what it gives, or the error.
 */
export async function expectEnd(
  make: Make<Either>,
  call: Call,
  after: { readonly promises: number; readonly loops: number },
): Promise<void> {
  const trainer = await make(classifier);
  const file = await trainer.save();
  const ended = Promise.resolve(call(trainer, file)).then(() => undefined, String);
  for (let i = 0; i < after.promises; i++) await Promise.resolve();
  for (let i = 0; i < after.loops; i++) await turns();
  trainer.dispose();
  expect([undefined, gone()]).toContain(await ended);
}
