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
import type { ByteScale, Predictor } from "./types.ts";
import { taking } from "./unfit.ts";

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
  taking("createPredictor", (where) => serve(take(where, device, options)));

/** All that was given, checked and copied. */
function take(where: string, device: Device, options: PredictorOptions) {
  checkDevice(where, device);
  if (isBytes(options as never) || options instanceof ArrayBuffer) {
    refuse(where, "the bytes of a file", "what loadModel gives", "give loadModel(file)");
  }
  // What loadModel gives besides may be there too.
  const { inputs, loss, parameters, ...described } = checkOptions<
    PredictorOptions & Partial<Omit<LoadedModel, keyof PredictorOptions>>
  >(where, options, {
    model: 1,
    inputs: 1,
    loss: 1,
    parameters: 1,
    bytes: 0,
    training: 0,
    metadata: 0,
  });
  const model = checkModel(`${where}: model`, described.model);
  checkLoss(loss);
  checkObject(`${where}: parameters`, parameters, "parameters");
  const network = resolveNetwork(model, inputs, loss, checkScale(`${where}: bytes`, described.bytes));
  return { device, network, values: checkAll(where, network, parameters) };
}

function checkScale(where: string, bytes: ByteScale | undefined): ByteScale | undefined {
  if (bytes === undefined) return undefined;
  const { scale = 1, offset = 0 } = checkOptions(where, bytes, scaleShape);
  packBytes(where, [], { scale, offset });
  return { scale, offset };
}

const checkAll = (where: string, { layers }: Network, given: PredictorOptions["parameters"]) =>
  Object.fromEntries(
    parameterSpecs(layers).map((spec) => [spec.name, checkParameter(where, spec, given[spec.name] ?? [])]),
  );

async function serve({ device, network, values }: ReturnType<typeof take>): Promise<Predictor> {
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
