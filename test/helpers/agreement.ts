import { expect } from "vitest";
import { createReferenceTrainer } from "../../src/cpu/trainer.ts";
import type { Device } from "../../src/device/open.ts";
import type { Parameters, TrainerOptions } from "../../src/run/types.ts";
import { expectClose, largestMagnitude } from "./compare.ts";
import { random } from "./gpu.ts";
import { CLOSE, COLUMNS, classes, EPOCH_STEPS, expectSameParameters, withTrainer } from "./training.ts";

const expectCloseParameters = (got: Parameters, expected: Parameters) => {
  expect(Object.keys(got)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    expectClose(name, got[name] ?? [], values, CLOSE * largestMagnitude(values));
  }
};

/** Asserts that the reference reports, evaluates, predicts and reads what the GPU does. */
export async function expectAgreement(device: Device, options: TrainerOptions): Promise<void> {
  const cpu = createReferenceTrainer(options);
  await withTrainer(device, options, async (gpu) => {
    expectSameParameters(await cpu.parameters(), await gpu.parameters());
    const [got, expected] = [await cpu.step(EPOCH_STEPS + 1), await gpu.step(EPOCH_STEPS + 1)];
    const { step, epoch, steps, rows, learningRate } = expected;
    expect(got).toMatchObject({ step, epoch, steps, rows, learningRate });
    expectClose("objective", [got.objective], [expected.objective], CLOSE * expected.objective);
    expectCloseParameters(await cpu.parameters(), await gpu.parameters());

    const outputs = options.loss === "halfSquaredError" && options.model.layers.at(-1)?.units;
    const data = {
      inputs: random(40 * COLUMNS, 6),
      targets: outputs ? random(40 * outputs, 7) : classes(40).targets,
    };
    const [judged, judge] = [await cpu.evaluate(data), await gpu.evaluate(data)];
    expect([judged.rows, judged.accuracy]).toEqual([judge.rows, judge.accuracy]);
    expectClose("loss", [judged.loss], [judge.loss], CLOSE * judge.loss);
    const [predicted, prediction] = [await cpu.predict(data.inputs), await gpu.predict(data.inputs)];
    expect([predicted.rows, predicted.classes]).toEqual([prediction.rows, prediction.classes]);
    expectClose("o", predicted.outputs, prediction.outputs, CLOSE * largestMagnitude(prediction.outputs));

    const [read, shown] = [await cpu.read("dz1"), await gpu.read("dz1")];
    expect(read.shape).toEqual(shown.shape);
    expectClose("dz1", read.data, shown.data, CLOSE * largestMagnitude(shown.data));
  });
}

/** Asserts that the reference goes on from the GPU's file, and the GPU from the reference's. */
export async function expectExchange(device: Device, options: TrainerOptions): Promise<void> {
  await withTrainer(device, options, async (gpu) => {
    await gpu.step(4);
    const cpu = createReferenceTrainer(options);
    await cpu.load(await gpu.save());
    expectSameParameters(await cpu.parameters(), await gpu.parameters());
    await cpu.step(2);
    await gpu.load(await cpu.save());
    expectSameParameters(await gpu.parameters(), await cpu.parameters());
    expect([(await cpu.step()).step, (await gpu.step()).step]).toEqual([7, 7]);
    expectCloseParameters(await cpu.parameters(), await gpu.parameters());
  });
}
