import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-webgpu";

/**
 * TensorFlow.js on its webgpu backend, through the core operations, which cost less than a layers model: matmul, bias and
 * relu are one fused operation, loss and optimizer its own. All batches live on the GPU as tensors.
 */

/** @param {import("../networks.mjs").Task} task */
export async function setup({ network, batches, learningRate, inputs, classes, layers }) {
  if (!(await tf.setBackend("webgpu"))) throw new Error("tf.setBackend('webgpu') gave false");
  await tf.ready();
  const { batch, sizes } = network;
  const [columns = 0, count = 0] = [sizes[0], sizes.at(-1)];
  const data = Array.from({ length: batches }, (_, i) => [
    tf.tensor2d(inputs.subarray(i * batch * columns, (i + 1) * batch * columns), [batch, columns]),
    tf.tidy(() =>
      tf.oneHot(tf.tensor1d(Int32Array.from(classes.subarray(i * batch, (i + 1) * batch)), "int32"), count).toFloat(),
    ),
  ]);
  const initial = layers.flatMap(({ inputs, units, weights, biases }) => [
    tf.tidy(() => tf.tensor2d(weights, [units, inputs]).transpose()),
    tf.tensor1d(biases),
  ]);
  const variables = initial.map((tensor) => tf.variable(tensor.clone()));
  const optimizer = tf.train.sgd(learningRate);
  let taken = 0;

  const train = () => {
    const [x, y] = data[taken++ % batches] ?? [];
    return optimizer.minimize(
      () => {
        let h = x;
        for (let i = 0; i < variables.length; i += 2) {
          const activation = i + 2 < variables.length ? "relu" : "linear";
          h = tf.fused.matMul({ a: h, b: variables[i], bias: variables[i + 1], activation });
        }
        return tf.losses.softmaxCrossEntropy(y, h);
      },
      true,
      variables,
    );
  };

  return {
    async step(steps) {
      for (let i = 1; i < steps; i++) train().dispose();
      const loss = train();
      const [value] = await loss.data();
      loss.dispose();
      return value;
    },
    async mark() {},
    async reset() {
      variables.forEach((variable, i) => {
        variable.assign(initial[i].clone());
      });
      taken = 0;
    },
    dispose: () => tf.dispose([...data.flat(), ...initial, ...variables]),
  };
}
