import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";

/** jax-js on its webgpu backend; forward, backward and update are one jitted function. All batches live on the GPU as arrays. */

/** @param {import("../networks.mjs").Task} task */
export async function setup({ network, batches, learningRate, inputs, classes, layers }) {
  const devices = await init("webgpu");
  if (!devices.includes("webgpu")) throw new Error(`init("webgpu") gave no webgpu among [${devices.join(", ")}]`);
  defaultDevice("webgpu");
  const { batch, sizes } = network;
  const [columns = 0, count = 0] = [sizes[0], sizes.at(-1)];
  const data = Array.from({ length: batches }, (_, i) => {
    const oneHot = new Float32Array(batch * count);
    for (let row = 0; row < batch; row++) oneHot[row * count + (classes[i * batch + row] ?? 0)] = 1;
    return [
      np.array(inputs.slice(i * batch * columns, (i + 1) * batch * columns)).reshape([batch, columns]),
      np.array(oneHot).reshape([batch, count]),
    ];
  });
  const start = () =>
    layers.flatMap(({ inputs, units, weights, biases }) => {
      const transposed = new Float32Array(weights.length);
      for (let unit = 0; unit < units; unit++) {
        for (let input = 0; input < inputs; input++)
          transposed[input * units + unit] = weights[unit * inputs + input] ?? 0;
      }
      return [np.array(transposed).reshape([inputs, units]), np.array(biases)];
    });

  const objective = (parameters, x, y) => {
    let h = x;
    for (let i = 0; i < parameters.length; i += 2) {
      h = np.matmul(h, parameters[i]).add(parameters[i + 1]);
      if (i + 2 < parameters.length) h = nn.relu(h);
    }
    return nn
      .logSoftmax(h, -1)
      .mul(y)
      .sum()
      .mul(-1 / batch);
  };
  const train = jit((parameters, x, y) => {
    const copies = parameters.map((one) => one.ref);
    const [loss, gradients] = valueAndGrad(objective)(copies, x, y);
    return [loss, parameters.map((one, i) => one.sub(gradients[i].mul(learningRate)))];
  });
  let parameters = start();
  let taken = 0;

  const once = () => {
    const [x, y] = data[taken++ % batches] ?? [];
    const [loss, updated] = train(parameters, x.ref, y.ref);
    parameters = updated;
    return loss;
  };

  return {
    async step(steps) {
      for (let i = 1; i < steps; i++) once().dispose();
      const [value] = await once().data();
      return value;
    },
    async mark() {},
    async reset() {
      for (const one of parameters) one.dispose();
      parameters = start();
      await blockUntilReady(parameters);
      taken = 0;
    },
    dispose() {
      for (const one of [...parameters, ...data.flat()]) one.dispose();
    },
  };
}
