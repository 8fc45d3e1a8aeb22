import { freeBuffers, makeBuffers } from "../device/buffers.ts";
import { createGuard } from "../device/guard.ts";
import { checkDevice, type Device } from "../device/open.ts";
import { checkModel, type Model } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { checkObject, checkOptions, refuse } from "../model/options.ts";
import { isBytes, packBytes } from "./bytes.ts";
import type { LoadedModel } from "./checkpoint.ts";
import { scaleShape } from "./dataset.ts";
import { createInference } from "./inference.ts";
import { createJudge } from "./judge.ts";
import { checkLoss, type Network, parameterSpecs, resolveNetwork } from "./network.ts";
import { checkParameter } from "./parameters.ts";
import { createTurns } from "./turns.ts";
import type { ByteScale, Parameters, Predictor } from "./types.ts";
import { worded } from "./unfit.ts";

export interface PredictorOptions {
  readonly model: Model;
  /** Columns of the data. */
  readonly inputs: number;
  readonly loss: Loss;
  /** All parameters by name: `W1 [units, inputs]`, `b1 [units]`, … */
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
  /** What inputs that are bytes stand for; floats alone are taken if left out. */
  readonly bytes?: ByteScale | undefined;
}

/**
 * Puts a trained network on the GPU to predict and judge rows; `loadModel` gives the options.
 * @throws ModelError, ShapeError, DeviceError
 */
export const createPredictor = (device: Device, options: PredictorOptions): Promise<Predictor> =>
  worded(() => create(device, options));

async function create(device: Device, options: PredictorOptions): Promise<Predictor> {
  const where = "createPredictor";
  checkDevice(where, device);
  if (isBytes(options as never) || options instanceof ArrayBuffer) {
    refuse(where, "the bytes of a file", "what loadModel gives", "give loadModel(file)");
  }
  // What loadModel gives besides may be there too.
  checkOptions<PredictorOptions & Partial<Omit<LoadedModel, keyof PredictorOptions>>>(where, options, {
    model: 1,
    inputs: 1,
    loss: 1,
    parameters: 1,
    bytes: 0,
    training: 0,
    metadata: 0,
  });
  const { inputs, loss } = options;
  const model = checkModel(`${where}: model`, options.model);
  checkLoss(loss);
  checkObject(`${where}: parameters`, options.parameters, "parameters");
  const network = resolveNetwork(model, inputs, loss, checkScale(`${where}: bytes`, options.bytes));
  return serve(device, network, checkAll(where, network, options.parameters));
}

function checkScale(where: string, bytes: ByteScale | undefined): ByteScale | undefined {
  if (bytes === undefined) return undefined;
  checkOptions(where, bytes, scaleShape);
  const { scale = 1, offset = 0 } = bytes;
  packBytes(where, [], { scale, offset });
  return { scale, offset };
}

const checkAll = (where: string, { layers }: Network, given: PredictorOptions["parameters"]) =>
  Object.fromEntries(
    parameterSpecs(layers).map((spec) => [spec.name, checkParameter(where, spec, given[spec.name] ?? [])]),
  );

/** Apart from the options, which a closure beside it would keep. */
async function serve(device: Device, network: Network, values: Parameters): Promise<Predictor> {
  const { gpu } = device;
  const guard = createGuard(device, "predictor");
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const wanted = Object.fromEntries(
    Object.entries(values).map(([name, { byteLength }]) => [name, { size: byteLength, usage }]),
  );
  const buffers = await guard.wait(makeBuffers(gpu, "chainrule.predictor", wanted), freeBuffers).catch((cause) => {
    guard.close();
    throw cause;
  });
  for (const [name, data] of Object.entries(values)) gpu.queue.writeBuffer(buffers[name] as GPUBuffer, 0, data);
  const inference = createInference(device, guard, network, (name) => buffers[name] as GPUBuffer);
  const turns = createTurns();
  const inTurn = <T>(work: () => T | Promise<T>): Promise<T> =>
    turns(() => {
      guard.check();
      return work();
    });
  return {
    ...createJudge(network, inTurn, () => inference),
    dispose() {
      guard.close();
      inference.dispose();
      freeBuffers(buffers);
    },
  };
}
