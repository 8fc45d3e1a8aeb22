import { describe, expect, test } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { DeviceError } from "../../../src/errors.ts";
import { resolveLayers } from "../../../src/model/layer.ts";
import { sgd } from "../../../src/model/optimizer.ts";
import { buildPredictPlan } from "../../../src/plan/build.ts";
import { sumBytes } from "../../../src/plan/memory.ts";
import { createReference } from "../../../src/reference/run.ts";
import { createPredictor } from "../../../src/run/predictor.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { ByteScale, Parameters, Predictor, TrainerOptions } from "../../../src/run/types.ts";
import { answering } from "../../helpers/answering.ts";
import { bitsOf, expectClose, largestMagnitude } from "../../helpers/compare.ts";
import { useCounter, usePosingDevice } from "../../helpers/device.ts";
import { controlOf, random, readWords } from "../../helpers/gpu.ts";
import { COLUMNS, classifier, estimator, rejection, withTrainer } from "../../helpers/training.ts";

const device = await usePosingDevice();
const counter = await useCounter();

const momentum = sgd({ learningRate: 0.1, momentum: 0.5 });
const RUNS = {
  classifier,
  estimator,
  "whole steps": { ...estimator, optimizer: momentum, oneDispatch: true },
} as const;
const ROWS = 300;
const inputs = random(ROWS * COLUMNS, 5);

const floatsOf = async (buffer: GPUBuffer) => {
  const [words = new Uint32Array()] = await readWords(device.gpu, [buffer]);
  return new Float32Array(words.buffer);
};

/** Every tensor of the forward pass by the twin. */
function forward({ model, loss }: TrainerOptions, parameters: Parameters) {
  const layers = resolveLayers(model, COLUMNS, loss);
  const reference = createReference(buildPredictPlan({ layers, loss, batch: ROWS }), controlOf({ rows: ROWS }));
  reference.set("x", inputs);
  for (const [name, values] of Object.entries(parameters)) reference.set(name, values);
  reference.step();
  return reference;
}

describe.each(Object.entries(RUNS))("trainer › probe, %s", (_, options) => {
  test("gives the reference's output of every layer, with the parameters as training leaves them", async () => {
    await withTrainer(device, options, async (trainer) => {
      const probe = await trainer.probe(inputs);
      expect([probe.rows, probe.plan.mode]).toEqual([ROWS, "predict"]);
      for (const steps of [1, 7]) {
        await trainer.step(steps);
        probe.run();
        const expected = forward(options, await trainer.parameters());
        for (const name of ["x", "h1", "o"]) {
          const values = expected.tensor(name);
          // Some 15 roundings of numbers around 1.
          expectClose(name, await floatsOf(probe.buffer(name)), values, 1e-5 * largestMagnitude(values));
        }
      }
    });
  });

  test("changes nothing of the training", async () => {
    const train = (probing: boolean) =>
      withTrainer(device, options, async (trainer) => {
        const probe = probing ? await trainer.probe(inputs) : undefined;
        for (let i = 0; i < 5; i++) {
          await trainer.step(2);
          probe?.run();
        }
        return Object.values(await trainer.parameters()).map((values) => [...bitsOf(values)]);
      });
    expect(await train(true)).toEqual(await train(false));
  });
});

describe("probe", () => {
  test("takes bytes, though their number is no multiple of 4", async () => {
    const bytes = Uint8Array.from({ length: 9 * COLUMNS }, (_, i) => (5 * i) % 256);
    expect(bytes.length % 4).not.toBe(0);
    await withTrainer(device, classifier, async (trainer) => {
      const [probe, same] = [await trainer.probe(bytes, { scale: 1 }), await trainer.probe(Float32Array.from(bytes))];
      for (const { run } of [probe, same]) run();
      const outputs = await floatsOf(probe.buffer("o"));
      expect(new Set(outputs).size).toBeGreaterThan(1);
      expect(bitsOf(outputs)).toEqual(bitsOf(await floatsOf(same.buffer("o"))));
    });
  });

  test("refuses a scale for numbers, and an option that is none", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      for (const one of [trainer, createReferenceTrainer(classifier)]) {
        expect(String(await rejection(one.probe(inputs, { scale: 2 })))).toMatch(
          /^DataError: probe: scale: got 2 for inputs that are no bytes, /,
        );
        const misspelt = { scales: 2 } as ByteScale;
        expect(String(await rejection(one.probe(inputs, misspelt)))).toBe(
          'ModelError: probe: got option "scales", expected scale, offset; write scale.',
        );
      }
    });
  });

  test("gives the bits that predict gives for as many rows", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const probe = await trainer.probe(inputs);
      probe.run();
      const { outputs } = await trainer.predict(inputs);
      expect([...bitsOf(await floatsOf(probe.buffer("o")))]).toEqual([...bitsOf(outputs)]);
    });
  });

  test("submits once a run, maps nothing and makes no buffer", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const probe = await trainer.probe(inputs);
      counter.reset();
      for (let i = 0; i < 10; i++) probe.run();
      expect(counter.counts).toMatchObject({ submit: 10, createCommandEncoder: 10 });
      expect(counter.counts).not.toHaveProperty("mapAsync");
      expect(counter.counts).not.toHaveProperty("createBuffer");
    });
  });

  test("frees what it made, by itself and with its owner, and leaves the parameters", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const before = counter.alive().sort();
      const bytes = trainer.memory;
      const probe = await trainer.probe(inputs);
      expect(counter.alive().length).toBeGreaterThan(before.length);
      expect(sumBytes(trainer.memory)).toBe(counter.bytes());
      probe.dispose();
      expect(counter.alive().sort()).toEqual(before);
      expect(trainer.memory).toEqual(bytes);
      expect(() => probe.run()).toThrow("probe: got a call after dispose()");
      await trainer.step();
      await trainer.probe(inputs);
    });
    expect(counter.alive()).toEqual([]);
  });

  test("that is ready only once its owner is disposed of is freed too", async () => {
    const before = counter.alive().length;
    const trainer = await createTrainer(device, classifier);
    // Keeps the program from being ready until the trainer is disposed of.
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const pop = device.gpu.popErrorScope.bind(device.gpu);
    const popErrorScope = async () => {
      const popped = pop();
      await held;
      return popped;
    };
    await answering(device.gpu, { popErrorScope }, async () => {
      const making = rejection(trainer.probe(inputs));
      await counter.when(() => counter.alive().some((label) => label.startsWith("chainrule.probe.")));
      trainer.dispose();
      release();
      expect(await making).toBeInstanceOf(DeviceError);
    });
    await counter.when(() => counter.alive().length === before);
  });

  test("is a predictor's too", async () => {
    const { model, loss } = classifier;
    await withTrainer(device, classifier, async (trainer) => {
      const parameters = await trainer.parameters();
      const predictor: Predictor = await createPredictor(device, { model, loss, inputs: COLUMNS, parameters });
      const [one, other] = [await trainer.probe(inputs), await predictor.probe(inputs)];
      one.run();
      other.run();
      expect(await floatsOf(other.buffer("h1"))).toEqual(await floatsOf(one.buffer("h1")));
      predictor.dispose();
      expect(() => other.run()).toThrow("predictor: got a call after dispose()");
      expect(String(await rejection(predictor.probe(inputs)))).toContain("a call after dispose()");
    });
  });

  test("refuses rows of another width, and says of a tensor that the pass removed which there are", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      expect(String(await rejection(trainer.probe([1, 2])))).toBe(
        "ShapeError: probe: inputs: got 2 numbers, expected at least one row, " +
          "each of the 3 columns that the network takes; give whole rows.",
      );
      const probe = await trainer.probe(inputs);
      expect(() => probe.buffer("z1")).toThrow(
        'predict plan: got tensor "z1", which the pass fuse removed, expected one of control, x, W1, b1, h1, W2, b2, o, h2, z2; ' +
          "ask for one of these, or read it from a trainer made with { fuse: false }.",
      );
    });
  });
});
