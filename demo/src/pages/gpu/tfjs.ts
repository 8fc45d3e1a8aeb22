import "@tensorflow/tfjs-core/dist/register_all_gradients";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import {
  cast,
  fused,
  losses,
  oneHot,
  ready,
  type Scalar,
  setBackend,
  type Tensor2D,
  tensor1d,
  tensor2d,
  backend as tensorBackend,
  tidy,
  train,
  transpose,
  variable,
  version_core,
} from "@tensorflow/tfjs-core";
import type { Contestant } from "./contestants.ts";
import type { StartedTask } from "./tasks.ts";

/** @returns the version @throws where its webgpu backend does not start */
export async function load(): Promise<string> {
  if (!(await setBackend("webgpu"))) throw new Error("TensorFlow.js did not start its webgpu backend");
  await ready();
  return version_core;
}

/**
 * TensorFlow.js through its core operations, which cost less than a layers model: product, bias and relu are one fused operation,
 * loss and optimizer its own. All batches lie on the GPU.
 */
export async function enter(task: StartedTask): Promise<Contestant> {
  const { sizes, batch, batches, learningRate, inputs, classes, parameters } = task;
  const [columns = 0, count = 0] = [sizes[0], sizes.at(-1)];
  const data = Array.from({ length: batches }, (_, i) => {
    const own = inputs.subarray(i * batch * columns, (i + 1) * batch * columns);
    const labels = Int32Array.from(classes.subarray(i * batch, (i + 1) * batch));
    return {
      x: tensor2d(own, [batch, columns]),
      y: tidy(() => cast(oneHot(tensor1d(labels, "int32"), count), "float32")),
    };
  });
  const layers = sizes.slice(1).map((units, i) => {
    const weights = parameters[`W${i + 1}`] ?? new Float32Array();
    // There W is [inputs, units].
    const W = tidy(() => transpose(tensor2d(weights, [units, sizes[i] ?? 0])));
    return { W, b: tensor1d(parameters[`b${i + 1}`] ?? new Float32Array()) };
  });
  const trained = layers.map(({ W, b }) => ({ W: variable(W.clone()), b: variable(b.clone()) }));
  const variables = trained.flatMap(({ W, b }) => [W, b]);
  const optimizer = train.sgd(learningRate);
  let taken = 0;

  const step = (): Scalar => {
    const { x, y } = data[taken++ % batches] as (typeof data)[number];
    const loss = optimizer.minimize(
      () => {
        let h = x;
        trained.forEach(({ W, b }, i) => {
          const activation = i < trained.length - 1 ? "relu" : "linear";
          h = fused.matMul({ a: h, b: W, bias: b, activation }) as Tensor2D;
        });
        return losses.softmaxCrossEntropy(y, h);
      },
      true,
      variables,
    );
    return loss as Scalar;
  };

  return {
    async step(steps) {
      for (let i = 1; i < steps; i++) step().dispose();
      const loss = step();
      const [value = Number.NaN] = await loss.data();
      loss.dispose();
      return value;
    },
    async reset() {
      trained.forEach(({ W, b }, i) => {
        const layer = layers[i] as (typeof layers)[number];
        W.assign(layer.W.clone());
        b.assign(layer.b.clone());
      });
      taken = 0;
      const backend = tensorBackend();
      if (backend instanceof WebGPUBackend) await backend.queue.onSubmittedWorkDone();
    },
    async dispose() {
      const all = [...data.flatMap(({ x, y }) => [x, y]), ...layers.flatMap(({ W, b }) => [W, b]), ...variables];
      for (const tensor of all) tensor.dispose();
    },
  };
}
