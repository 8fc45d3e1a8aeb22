import { checkModel } from "../model/layer.ts";
import type { Shape } from "../model/options.ts";
import { checkDataset } from "./dataset.ts";
import { checkLoss, outputsOf, resolveNetwork } from "./network.ts";
import type { ReferenceOptions, TrainingOptions } from "./types.ts";

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
 * @throws ModelError, ShapeError, DataError
 */
export function resolveTraining(where: string, { model: described, loss, data: given }: TrainingOptions) {
  const model = checkModel(`${where}: model`, described);
  // Before the data, whose form follows from it.
  checkLoss(loss);
  const outputs = outputsOf(model);
  const { scale = 1, offset = 0 } = given ?? {};
  const stands = { scale, offset };
  const inputs = model.layers[0]?.inputs ?? given?.columns;
  const data = checkDataset(`${where}: data`, given, { loss, outputs, inputs, bytes: stands, isTrained: true });
  const network = resolveNetwork(model, data.columns, loss, data.inputs instanceof Uint8Array ? stands : undefined);
  return { network, data };
}
