import { describe, expect, test } from "vitest";
import { sgd } from "../../../src/model/optimizer.ts";
import type { Trainer } from "../../../src/run/types.ts";
import { expectClose, largestMagnitude } from "../../helpers/compare.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import { readWords } from "../../helpers/gpu.ts";
import { expectEvaluation, judge, rowsFor } from "../../helpers/judge.ts";
import { CLOSE, classifier, estimator, regressor, withTrainer } from "../../helpers/training.ts";

const device = await usePosingDevice();

const kinds = Object.entries({ classifier, estimator, regressor });

/** Fewer rows than a tile takes, whole chunks and partial ones, and more chunks than are read together. */
const sizes = [1, 2, 3, 5, 8, 9, 1024, 1025, 2500, 17 * 1024 + 3];

describe.each(kinds)("evaluate and predict, %s", (_, options) => {
  /** With a trainer that has made no room for more rows yet. */
  const trained = (work: (trainer: Trainer) => Promise<void>) =>
    withTrainer(device, options, async (trainer) => {
      await trainer.step(5);
      await work(trainer);
    });

  test.each(sizes)("give the reference's losses and outputs of %i rows", (rows) =>
    trained(async (trainer) => {
      const data = rowsFor(options, rows);
      const expected = judge(options, await trainer.parameters(), data);
      expectEvaluation(await trainer.evaluate(data), options, expected);
      const { outputs } = await trainer.predict(data.inputs);
      expectClose("outputs", outputs, expected.outputs, CLOSE * largestMagnitude(expected.outputs));
    }),
  );
});

const probed = kinds.flatMap(([name, options]) => [
  [name, options] as const,
  [`${name}, whole steps`, { ...options, optimizer: sgd({ learningRate: 0.1 }), oneDispatch: true }] as const,
]);

test.each(probed)(
  "a probe gives the reference's output of every layer, as training leaves the parameters: %s",
  (_, options) =>
    withTrainer(device, options, async (trainer) => {
      const data = rowsFor(options, 300);
      const probe = await trainer.probe(data.inputs);
      for (const steps of [1, 7]) {
        await trainer.step(steps);
        probe.run();
        const { hidden, outputs } = judge(options, await trainer.parameters(), data);
        for (const [name, expected] of Object.entries({ h1: hidden, o: outputs })) {
          const [words = new Uint32Array()] = await readWords(device.gpu, [probe.buffer(name)]);
          expectClose(name, new Float32Array(words.buffer), expected, CLOSE * largestMagnitude(expected));
        }
      }
      expect(trainer.plan.steps.some(({ kernel }) => kernel === "wholeSteps")).toBe(options.oneDispatch);
    }),
);
