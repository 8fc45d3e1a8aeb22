import { createTrainer, dense, openDevice, sequential, sgd } from "#chainrule";

/** The library as it is shipped. All rows live on the GPU, which takes its batches itself. */

/** @param {import("../networks.mjs").Task} task @returns {import("#chainrule").TrainerOptions} */
export const optionsOf = ({ network, learningRate, inputs, classes }) => ({
  model: sequential(
    network.sizes.slice(1).map((units, i, all) => dense(units, i < all.length - 1 ? "relu" : "identity")),
  ),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate }),
  data: { inputs, targets: classes },
  batch: network.batch,
  shuffle: false,
});

/** @param {import("../networks.mjs").Task} task */
export const parametersOf = ({ layers }) =>
  Object.fromEntries(
    layers.flatMap(({ weights, biases }, i) => [
      [`W${i + 1}`, weights],
      [`b${i + 1}`, biases],
    ]),
  );

/** @param {import("../networks.mjs").Task} task @param {GPU} [gpu] */
export async function setup(task, gpu) {
  const device = await openDevice(gpu ? { gpu } : {});
  const trainer = await createTrainer(device, optionsOf(task));
  await trainer.setParameters(parametersOf(task));
  /** @type {Uint8Array | undefined} */
  let start;
  return {
    async step(steps) {
      // A report averages over its steps; the last one is taken apart, so that its own loss is read.
      if (steps > 1) await trainer.step(steps - 1);
      return (await trainer.step()).loss;
    },
    async mark() {
      start = await trainer.save();
    },
    async reset() {
      if (start) await trainer.load(start);
    },
    dispose: () => device.destroy(),
  };
}
