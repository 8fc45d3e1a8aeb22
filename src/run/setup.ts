import { checkModel, type Model } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import type { Shape } from "../model/options.ts";
import { checkDataset } from "./dataset.ts";
import { checkLoss, outputsOf, resolveNetwork } from "./network.ts";
import type { Dataset, ReferenceOptions, TrainingOptions } from "./types.ts";

/** How every training takes its options. */
export const trainingShape: Shape<TrainingOptions> = { model: 1, loss: 1, data: 1, batch: 0, shuffle: 2 };

export const referenceShape: Shape<ReferenceOptions> = {
  ...trainingShape,
  optimizer: 1,
  seed: 0,
  capacity: 0,
  fuse: 2,
  oneDispatch: 2,
  reuse: 2,
};

/**
 * The network and the rows that a training is made of.
 * @param where the call, for messages
 * @throws ModelError, ShapeError; Unfit for what is wrong with the data, or does not fit them
 */
export function resolveTraining(where: string, described: Model, loss: Loss, dataset: Dataset) {
  const model = checkModel(`${where}: model`, described);
  // Before the data, whose form follows from it.
  checkLoss(loss);
  const outputs = outputsOf(model);
  const { inputs } = model.layers[0] ?? {};
  const data = checkDataset(`${where}: data`, dataset, { loss, outputs, inputs, bytes: {}, isTrained: true });
  const bytes = data.inputs instanceof Uint8Array ? data.stands : undefined;
  return { network: resolveNetwork(model, data.columns, loss, bytes), data };
}
