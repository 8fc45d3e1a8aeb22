import { afterEach, describe, expect, it, vi } from "vitest";
import { Engine } from "../../../demo/src/pages/playground/engine.ts";
import { initialState, type PlaygroundState } from "../../../demo/src/pages/playground/options.ts";
import { adam, NumericError } from "../../../src/index.ts";

const engines: Engine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.dispose();
});

const small: PlaygroundState = {
  ...initialState,
  run: { ...initialState.run, points: "gauss", count: 40, layers: [2] },
};

/** A run on the CPU reference. */
async function begin(state = small): Promise<Engine> {
  const engine = await Engine.begin(undefined, state);
  engines.push(engine);
  return engine;
}

/** Trains on until a step fails, soon. */
async function fail(engine: Engine): Promise<void> {
  const error = await engine.advance(20).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(NumericError);
}

describe("the playground's engine", () => {
  it("logs one edit a step: the last that was made there", async () => {
    const engine = await begin();
    await engine.advance(5);
    await engine.edit({ rate: 0.03 });
    await engine.edit({ rate: 0.3 });
    await engine.advance(5);
    await engine.edit({ rate: 0.1 });
    expect(engine.state.edits.map(({ step, live }) => [step, live.rate])).toEqual([
      [5, 0.3],
      [10, 0.1],
    ]);
  });

  it("stands before the step that fails each time, though another optimizer began to count anew", async () => {
    const engine = await begin();
    await engine.advance(7);
    // Its trainer counts from 1 again.
    await engine.edit({ optimizer: "momentum" });
    await engine.advance(7);
    await engine.edit({ rate: 1e38 });
    await fail(engine);
    const [stands, weights] = [engine.step, await engine.training.parameters()];
    expect(stands).toBeGreaterThanOrEqual(14);
    // It went back to a snapshot and on from there; the same must come of it once more.
    await fail(engine);
    expect(engine.step).toBe(stands);
    expect(await engine.training.parameters()).toEqual(weights);
  });

  it("takes the sign of the one output for the class, where the loss is squared", async () => {
    const engine = await begin({ ...small, run: { ...small.run, loss: "squaredError" } });
    await engine.advance(60);
    const { accuracy } = await engine.judge();
    const share = async (points: Engine["points"]["train"]) => {
      const { outputs } = await engine.training.predict(points.flatMap(({ x, y }) => [x, y]));
      const right = points.filter(({ label }, i) => Math.sign(outputs[i] ?? 0) === (label === 1 ? 1 : -1));
      return right.length / points.length;
    };
    expect(accuracy).toEqual({ train: await share(engine.points.train), test: await share(engine.points.test) });
    // Both classes are there, and more than one of them is known.
    expect(accuracy.train).toBeGreaterThan(0.9);
  });

  it("gives a trainer that takes them other numbers, and needs another trainer for all else", async () => {
    const engine = await begin();
    await engine.advance(3);
    const adjust = () => {
      const setOptimizer = vi.fn(engine.training.setOptimizer);
      return { training: Object.assign(engine.training, { setOptimizer }), setOptimizer };
    };
    const { training, setOptimizer } = adjust();
    await engine.edit({ rate: 0.3 });
    expect(setOptimizer.mock.calls).toEqual([[adam({ learningRate: 0.3, weightDecay: 0 })]]);
    expect([engine.training === training, engine.live.rate, engine.state.edits.length]).toEqual([true, 0.3, 1]);
    for (const change of [{ batch: 4 }, { decay: 0.1 }, { optimizer: "sgd" }] as const) {
      const { training } = adjust();
      await engine.edit(change);
      expect(engine.training === training).toBe(false);
    }
    // One that decays takes another decay.
    const decaying = adjust();
    await engine.edit({ decay: 0.3 });
    expect(engine.training === decaying.training).toBe(true);
  });
});
