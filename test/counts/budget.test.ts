import { afterAll, afterEach, describe, expect, test } from "vitest";
import { RING_RECORDS } from "../../src/kernels/control.ts";
import { adam } from "../../src/model/optimizer.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { Trainer } from "../../src/run/types.ts";
import { countCalls } from "../helpers/counting.ts";
import { openNullDevice } from "../helpers/null-device.ts";
import { scriptTime } from "../helpers/scripted-time.ts";
import { classes, classifier, EPOCH_STEPS, plans, rejection, withTrainer } from "../helpers/training.ts";

const device = await openNullDevice();
afterAll(() => device.destroy());
const counter = countCalls(device.gpu);
const run = scriptTime(device.gpu, counter);
afterEach(() => expect(counter.alive()).toEqual([]));

const decaying = { ...classifier, optimizer: adam({ learningRate: 0.01, weightDecay: 0.1 }) };

/** Tensors, pipelines, and dispatches of a step and of what closes a submit. */
const sizes = {
  textbook: { tensors: 29, pipelines: 17, step: 23, closing: 0, slow: [1, 1, 2, 4, 4, 4] },
  fused: { tensors: 18, pipelines: 7, step: 6, closing: 1, slow: [1, 1, 2, 4, 8, 16, 16] },
};

describe.each(plans)("trainer › what it asks of the device, %s plan", (name, fuse) => {
  const options = { ...decaying, fuse };
  const { tensors, pipelines, step, closing, slow } = sizes[name];

  /** What some submits of so many steps each come to, with reports after some of them; nothing is made or written. */
  const submits = (steps: readonly number[], reports: number) => ({
    createCommandEncoder: steps.length + reports,
    beginComputePass: steps.length,
    dispatchWorkgroups: steps.reduce((sum, one) => sum + one * step + closing, 0),
    submit: steps.length + reports,
    mapAsync: reports,
  });
  /** The dispatches of each of these submits, and none in the copy for the report. */
  const dispatches = (steps: readonly number[]) => [...steps.map((one) => one * step + closing), 0];

  test("is made of one buffer a tensor, one bind group a dispatch, and one pipeline a shader", async () => {
    const own = await openNullDevice();
    const { counts } = countCalls(own.gpu);
    await withTrainer(own, options, async (trainer) => {
      expect(Object.keys(trainer.plan.tensors).length).toBe(tensors);
      expect([trainer.plan.steps.length, trainer.plan.closing.length]).toEqual([step, closing]);
      expect(counts).toEqual({
        // The sizes of all dispatches, and two that take the ring to the CPU by turns.
        createBuffer: tensors + 3,
        createBindGroup: step + closing,
        createBindGroupLayout: pipelines,
        createShaderModule: pipelines,
        createComputePipelineAsync: pipelines,
        // X, Y, the control block and four parameters.
        writeBuffer: 7,
      });
    });
    own.destroy();
  });

  test("a step is one compute pass in one submit, and a report one more", async () => {
    await withTrainer(device, options, async (trainer) => {
      for (let i = 0; i < 3; i++) {
        counter.reset();
        await trainer.step();
        expect(counter.counts).toEqual(submits([1], 1));
        expect(counter.submits()).toEqual(dispatches([1]));
      }
    });
  });

  test("submits double while they take no time", async () => {
    await withTrainer(device, options, async (trainer) => {
      counter.reset();
      await run(0, () => trainer.step(500));
      const grown = [1, 1, 2, 4, 8, 16, 32, 64, 128, 244];
      expect(counter.submits()).toEqual(dispatches(grown));
      expect(counter.counts).toEqual(submits(grown, 1));
      counter.reset();
      await run(0, () => trainer.step(500));
      expect(counter.submits()).toEqual(dispatches([500]));
      expect(counter.counts).toEqual(submits([500], 1));
    });
  });

  test("submits hold what runs in a tenth of a second once that is known", async () => {
    await withTrainer(device, options, async (trainer) => {
      counter.reset();
      // A millisecond for a dispatch.
      const steps = slow.reduce((sum, one) => sum + one);
      await run(1, () => trainer.step(steps));
      expect(counter.submits()).toEqual(dispatches(slow));
      expect(counter.counts).toEqual(submits(slow, 1));
    });
  });

  test("a report of more steps than the ring holds is read in two parts, the next step submitted between", async () => {
    await withTrainer(device, options, async (trainer) => {
      counter.reset();
      await run(0, () => trainer.step(RING_RECORDS + 3));
      const full = [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
      expect(counter.submits()).toEqual([...dispatches(full), ...dispatches([3])]);
      expect(counter.counts).toEqual(submits([...full, 3], 2));
    });
  });

  test("an epoch of fit is one submit and one report, once steps are known to be fast", async () => {
    await withTrainer(device, options, async (trainer) => {
      await run(0, () => trainer.step(4 * EPOCH_STEPS));
      counter.reset();
      await run(0, async () => {
        for await (const { steps } of trainer.fit({ epochs: 4 })) expect(steps).toBe(EPOCH_STEPS);
      });
      expect(counter.counts).toEqual(submits(Array(4).fill(EPOCH_STEPS), 4));
    });
  });

  test("a second trainer of the same kernels compiles nothing anew", async () => {
    await withTrainer(device, options, async () => {
      counter.reset();
      await withTrainer(device, { ...options, data: classes(77, 3), seed: 8 }, (trainer) => trainer.step());
      expect(counter.counts.createShaderModule).toBeUndefined();
      expect(counter.counts.createComputePipelineAsync).toBeUndefined();
    });
  });

  test("a wrong option or wrong data costs no GPU work", async () => {
    counter.reset();
    for (const wrong of [
      { ...options, batch: 0 },
      { ...options, batch: 131 },
      { ...options, seed: -1 },
      { ...options, data: { inputs: [1, 2, Number.NaN], targets: [0] } },
      { ...options, data: { inputs: [1, 2, 3], targets: [4] } },
    ]) {
      await rejection(createTrainer(device, wrong));
    }
    expect(counter.counts).toEqual({});
  });
});

describe("trainer › what it asks of the device to", () => {
  const asked = async (work: (trainer: Trainer) => Promise<unknown>) =>
    withTrainer(device, classifier, async (trainer) => {
      await work(trainer);
      counter.reset();
      await work(trainer);
      return counter.counts;
    });
  const chunk = { createCommandEncoder: 1, beginComputePass: 1, submit: 1 };

  test("evaluate is a submit for 1024 rows each, of which every 16th and the last are waited for", async () => {
    const evaluated = (chunks: number, reads: number) => ({
      // Rows, targets and the control block.
      writeBuffer: 3 * chunks,
      createCommandEncoder: chunks,
      beginComputePass: chunks,
      dispatchWorkgroups: 4 * chunks,
      submit: chunks,
      mapAsync: reads,
    });
    for (const [rows, chunks, reads] of [
      [5, 1, 1],
      [2500, 3, 1],
      [17 * 1024, 17, 2],
    ] as const) {
      expect(await asked((trainer) => trainer.evaluate(classes(rows)))).toEqual(evaluated(chunks, reads));
    }
  });

  test("predict is a submit and a map for 1024 rows each", async () => {
    expect(await asked((trainer) => trainer.predict(classes(2500).inputs))).toEqual({
      writeBuffer: 6,
      createCommandEncoder: 3,
      beginComputePass: 3,
      dispatchWorkgroups: 6,
      submit: 3,
      mapAsync: 3,
    });
  });

  test("read is one submit, and one map a tensor beside the control block's", async () => {
    const { beginComputePass: _, ...one } = chunk;
    expect(await asked((trainer) => trainer.read("W1"))).toEqual({ ...one, createBuffer: 2, mapAsync: 2 });
    expect(await asked((trainer) => trainer.parameters())).toEqual({ ...one, createBuffer: 5, mapAsync: 5 });
    expect(await asked((trainer) => trainer.save())).toEqual({ ...one, createBuffer: 5, mapAsync: 5 });
  });

  test("run a probe is one submit", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const probe = await trainer.probe(classes(300).inputs);
      counter.reset();
      for (let i = 0; i < 10; i++) probe.run();
      expect(counter.counts).toEqual({
        createCommandEncoder: 10,
        beginComputePass: 10,
        dispatchWorkgroups: 20,
        submit: 10,
      });
    });
  });
});
