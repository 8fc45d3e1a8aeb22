import { createGuard } from "../device/guard.ts";
import { checkDevice, type Device } from "../device/open.ts";
import type { Model } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { checkObject, checkOptions } from "../model/options.ts";
import type { LoadedModel } from "./checkpoint.ts";
import { createInference } from "./inference.ts";
import { parameterSpecs, resolveNetwork } from "./network.ts";
import { checkParameter } from "./parameters.ts";
import type { Predictor } from "./types.ts";

export interface PredictorOptions {
  readonly model: Model;
  /** Columns of the data. */
  readonly inputs: number;
  readonly loss: Loss;
  /** All parameters by name: `W1 [units, inputs]`, `b1 [units]`, … */
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
}

/**
 * Puts a trained network on the GPU to predict and judge rows; `loadModel` gives the options.
 * @throws ModelError, ShapeError, DeviceError
 */
export async function createPredictor(device: Device, options: PredictorOptions): Promise<Predictor> {
  checkDevice("createPredictor", device);
  // What loadModel gives besides may be there too.
  checkOptions<PredictorOptions & Partial<Omit<LoadedModel, keyof PredictorOptions>>>("createPredictor", options, {
    model: 1,
    inputs: 1,
    loss: 1,
    parameters: 1,
    training: 0,
    metadata: 0,
  });
  checkObject("createPredictor: parameters", options.parameters, "parameters");
  const network = resolveNetwork(options.model, options.inputs, options.loss);
  const guard = createGuard(device, "predictor");
  const values = parameterSpecs(network.layers).map(({ name, shape }) => {
    return [name, checkParameter("createPredictor", name, shape, options.parameters[name] ?? [])] as const;
  });
  const buffers = Object.fromEntries(
    values.map(([name, data]) => {
      const buffer = device.gpu.createBuffer({
        label: `chainrule.predictor.${name}`,
        size: data.byteLength,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
      });
      device.gpu.queue.writeBuffer(buffer, 0, data);
      return [name, buffer];
    }),
  );
  const inference = createInference(device, guard, network, buffers);
  return {
    evaluate: inference.evaluate,
    predict: inference.predict,
    probe: inference.probe,
    dispose() {
      guard.close();
      inference.dispose();
      for (const buffer of Object.values(buffers)) buffer.destroy();
    },
  };
}
