import { afterAll, expect, test } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { dense, sequential } from "../../src/model/layer.ts";
import { sgd } from "../../src/model/optimizer.ts";
import { bufferBytes, sumBytes } from "../../src/plan/memory.ts";
import { planTraining } from "../../src/run/plan.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import { openNullDevice } from "../helpers/null-device.ts";
import { refusal } from "../helpers/trainings.ts";

/** What a device may take of the machine's memory, where somebody says so. */

const device = await openNullDevice();
afterAll(() => device.destroy());

const [inputs, rows] = [3, 9];
const described = {
  loss: "halfSquaredError",
  optimizer: sgd({ learningRate: 0.1 }),
  oneDispatch: false,
} as const;
const data = { inputs: new Float32Array(inputs * rows), targets: new Float32Array(2 * rows) };
const withMemory = (memory: unknown): Device => ({ ...device, memory: memory as number });

test("a plan is refused that takes more than there is, before a buffer is made, though each fits", async () => {
  const model = sequential([...Array.from({ length: 40 }, () => dense(5000, "relu")), dense(2)]);
  const { createBuffer } = device.gpu;
  const sizes: number[] = [];
  device.gpu.createBuffer = (made) => {
    sizes.push(made.size);
    return createBuffer.call(device.gpu, made);
  };
  // 4 GB, of which no tensor takes more than a fortieth.
  expect(await refusal(() => createTrainer(withMemory(1e9), { ...described, model, data }))).toBe(
    "DeviceError: train plan: got 3.6 GiB, expected at most 953.7 MiB, the memory that there is for this device; " +
      "take smaller layers or batches, or fewer rows.",
  );
  device.gpu.createBuffer = createBuffer;
  // A word that asks whether the device is lost.
  expect(sizes.filter((size) => size > 4)).toEqual([]);
});

test("one that takes just as much runs, and one byte less is too little", async () => {
  const model = sequential([dense(4), dense(2)]);
  const needed = sumBytes(bufferBytes(planTraining({ ...described, model, inputs, rows })));
  const trainer = await createTrainer(withMemory(needed), { ...described, model, data });
  trainer.dispose();
  expect(await refusal(() => createTrainer(withMemory(needed - 1), { ...described, model, data }))).toMatch(
    /^DeviceError: train plan: got /,
  );
});

test.each([0, -1, Number.NaN, "8e9", null])("a memory of %s is refused", async (memory) => {
  const options = { ...described, model: sequential([dense(2)]), data };
  expect(await refusal(() => createTrainer(withMemory(memory), options))).toMatch(/^ModelError: device: got memory /);
});
