import { createReference, initialControl, planTraining, RECORD_WORDS, RING_RECORDS } from "#reference";
import { optionsOf, parametersOf } from "./chainrule.mjs";

/** The library's CPU reference: the plan of the trainer, interpreted in one thread; sums in double, storage in single precision. */

/** @param {import("../networks.mjs").Task} task */
export async function setup(task) {
  const { rows, inputs, classes, network } = task;
  const { data: _, ...options } = optionsOf(task);
  const { optimizer } = options;
  const { batch } = network;
  const plan = planTraining({ ...options, inputs: network.sizes[0] ?? 0, rows });
  const start = () => {
    const made = createReference(plan, initialControl({ optimizer, dataRows: rows, batch, seed: 0 }), "float32");
    for (const [name, values] of Object.entries({ X: inputs, Y: classes, ...parametersOf(task) }))
      made.set(name, values);
    return made;
  };
  let reference = start();
  let taken = 0;
  return {
    async step(steps) {
      for (let i = 0; i < steps; i++) reference.step();
      reference.close();
      taken += steps;
      const at = ((taken - 1) % RING_RECORDS) * RECORD_WORDS;
      const [loss = 0, , , lines = 0] = reference.tensor("ring").subarray(at, at + RECORD_WORDS);
      return loss / lines;
    },
    async mark() {},
    async reset() {
      reference = start();
      taken = 0;
    },
    dispose() {},
  };
}
