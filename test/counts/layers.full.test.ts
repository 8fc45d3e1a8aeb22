import { afterAll, beforeAll, it } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { dense, sequential } from "../../src/model/layer.ts";
import { adam } from "../../src/model/optimizer.ts";
import { loadModel } from "../../src/run/checkpoint.ts";
import { createPredictor } from "../../src/run/predictor.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { TrainerOptions } from "../../src/run/types.ts";
import { openNullDevice } from "../helpers/null-device.ts";
import { expectLinear } from "../helpers/work.ts";

const LAYERS = 50;
const data = { inputs: new Float32Array(60), targets: new Float32Array(10), columns: 6 };

let device: Device;
beforeAll(async () => {
  device = await openNullDevice();
});
afterAll(() => device.destroy());

const options = (layers: number): TrainerOptions => ({
  // Wide enough that sharing buffers saves enough at each depth.
  model: sequential([...Array.from({ length: layers - 1 }, () => dense(100, "tanh")), dense(3)]),
  loss: "softmaxCrossEntropy",
  optimizer: adam({ learningRate: 0.1 }),
  data,
});

it.each<[string, (layers: number) => Promise<() => unknown>]>([
  [
    "make a trainer",
    async (layers) => async () => {
      const trainer = await createTrainer(device, options(layers));
      trainer.dispose();
    },
  ],
  [
    "train, judge, predict, read and write",
    async (layers) => {
      const trainer = await createTrainer(device, options(layers));
      return async () => {
        await trainer.step(2);
        await trainer.evaluate(data);
        await trainer.predict(data.inputs);
        await trainer.setParameters(await trainer.parameters());
        await trainer.load(await trainer.save({ optimizer: false }));
        trainer.dispose();
      };
    },
  ],
  [
    "predict with a model",
    async (layers) => {
      const trainer = await createTrainer(device, options(layers));
      const file = await trainer.save({ optimizer: false });
      trainer.dispose();
      return async () => {
        const predictor = await createPredictor(device, loadModel(file));
        await predictor.predict(data.inputs);
        predictor.dispose();
      };
    },
  ],
])("the work to %s on a device grows as the layers of a network do", (_, prepare) => expectLinear(LAYERS, prepare));
