import { afterEach, describe, expect, test } from "vitest";
import { NumericError } from "../../../src/errors.ts";
import { decodeControl } from "../../../src/kernels/control-after.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { cosine, type Schedule, stepDecay } from "../../../src/model/schedule.ts";
import type { Parameters, Trainer, TrainerOptions } from "../../../src/run/types.ts";
import { expectClose, expectSameBits, UNIT_ROUNDOFF } from "../../helpers/compare.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import { expectFreshStart, overflowingPlans } from "../../helpers/overflowing.ts";
import {
  classifier,
  estimator,
  expectSameParameters,
  plans,
  referenceOf,
  rejection,
  withTrainer,
} from "../../helpers/training.ts";

const device = await usePosingDevice();

const fails = async (work: Promise<unknown>): Promise<NumericError> => {
  const error = await rejection(work);
  if (!(error instanceof NumericError)) throw error;
  return error;
};

const expectFinite = (parameters: Parameters) => {
  for (const [name, values] of Object.entries(parameters))
    expect([name, values.every(Number.isFinite)]).toEqual([name, true]);
};

const momentum = (learningRate: number | Schedule) => sgd({ learningRate, momentum: 0.5 });

/** Half squared error grows with the square of the weights: too large a rate overflows it within some steps. */
const diverging: TrainerOptions = { ...estimator, optimizer: momentum(1e4) };

/** No φ makes a finite number of what overflows. */
const linear = sequential([dense(8), dense(4)]);

describe.each(plans)("a training by the %s plan that diverges", (_, fuse) => {
  const options = { ...diverging, fuse };

  test.each([
    ["momentum", options.optimizer],
    ["plain sgd", sgd({ learningRate: 1e4 })],
  ])(
    "by %s stops at the first step whose objective is not finite, with the parameters from before it",
    async (_, optimizer) => {
      const own = { ...options, optimizer };
      await withTrainer(device, own, async (trainer) => {
        const error = await fails(trainer.step(40));
        expect(error.step).toBeGreaterThan(1);
        expect(error.tensor).toBe("scores");
        expect(error.message).toBe(
          `training: step ${error.step}: scores: got L = Infinity, expected a finite objective; ` +
            "the parameters are those from before this step; take a learning rate below 10000 or scale the data.",
        );
        const parameters = await trainer.parameters();
        expectFinite(parameters);
        await withTrainer(device, own, async (other) => {
          await other.step(error.step - 1);
          expectSameParameters(parameters, await other.parameters());
        });
      });
    },
  );

  test("keeps the optimizer's state from before it too", async () => {
    await withTrainer(device, options, async (trainer) => {
      const error = await fails(trainer.step(40));
      const state = (await trainer.read("state_W1")).data;
      await withTrainer(device, options, async (other) => {
        await other.step(error.step - 1);
        expectSameBits("state_W1", state, (await other.read("state_W1")).data);
      });
    });
  });

  test("is found in the same step whether steps are taken one by one or together", async () => {
    const together = await withTrainer(device, options, (trainer) => fails(trainer.step(40)));
    const single = await withTrainer(device, options, (trainer) =>
      fails(
        (async () => {
          for (let t = 0; t < 40; t++) await trainer.step();
        })(),
      ),
    );
    expect([single.step, single.tensor]).toEqual([together.step, together.tensor]);
  });

  test("rejects all later steps with the same error, while reading goes on", async () => {
    await withTrainer(device, options, async (trainer) => {
      const error = await fails(trainer.step(40));
      expect(await rejection(trainer.step())).toBe(error);
      expect(await rejection(trainer.fit({ epochs: 1 }).next())).toBe(error);
      expect((await trainer.read("scores")).data.every(Number.isFinite)).toBe(false);
    });
  });

  test("ends a fit with the error", async () => {
    await withTrainer(device, options, async (trainer) => {
      const steps: number[] = [];
      const run = async () => {
        for await (const { step } of trainer.fit({ epochs: 20 })) steps.push(step);
      };
      const error = await fails(run());
      expect(Math.max(0, ...steps)).toBeLessThan(error.step);
    });
  });

  test("names the tensor in which values first are not finite", async () => {
    // 3·10³⁸ is finite, its product with weights around 1 is not.
    const data = { ...estimator.data, inputs: new Float32Array(estimator.data.inputs.length).fill(3e38) };
    await withTrainer(device, { ...estimator, fuse, model: linear, data }, async (trainer) => {
      const before = await trainer.parameters();
      const error = await fails(trainer.step(3));
      expect([error.step, error.tensor]).toEqual([1, "h1"]);
      expectSameParameters(await trainer.parameters(), before);
    });
  });

  test("names the parameter that something filled with NaN", async () => {
    await withTrainer(device, { ...classifier, fuse }, async (trainer) => {
      await trainer.step(2);
      device.gpu.queue.writeBuffer(trainer.buffer("b2"), 0, Float32Array.of(0, Number.NaN, 0, 0));
      const { W1, W2, b1 } = await trainer.parameters();
      const error = await fails(trainer.step(4));
      expect([error.step, error.tensor]).toEqual([3, "b2"]);
      const { b2: _, ...others } = await trainer.parameters();
      expectSameParameters(others, { W1, b1, W2 } as Parameters);
    });
  });

  test("tells which of L and s is not finite", async () => {
    await withTrainer(device, { ...classifier, fuse }, async (trainer) => {
      await trainer.step(2);
      device.gpu.queue.writeBuffer(trainer.buffer("b2"), 0, Float32Array.of(0, Number.NaN, 0, 0));
      expect((await fails(trainer.step())).got).toMatch(/^L = (NaN|Infinity)$/);
    });
  });

  test("keeps the parameters where each loss is finite and their sum is not", async () => {
    // A row's loss is 2 (5·10¹⁸)², finite; 50 of them are not.
    const targets = new Float32Array(estimator.data.targets.length).fill(5e18);
    await withTrainer(device, { ...estimator, fuse, data: { ...estimator.data, targets } }, async (trainer) => {
      const before = await trainer.parameters();
      const error = await fails(trainer.step(3));
      expect([error.step, error.tensor]).toEqual([1, "J"]);
      expectSameParameters(await trainer.parameters(), before);
    });
  });

  test("keeps the parameters where |B| rows like the worst would overflow, and says that L itself has not", async () => {
    const targets = Float32Array.from(estimator.data.targets);
    targets[0] = 1e19;
    await withTrainer(device, { ...estimator, fuse, data: { ...estimator.data, targets } }, async (trainer) => {
      const error = await fails(trainer.step(20));
      expect([error.tensor, error.got]).toEqual(["J", expect.stringMatching(/^L = \d\.\d+e\+37 over \d+ rows$/)]);
      expect(error.remedy).toMatch(/^the parameters are those from before this step;/);
      const parameters = await trainer.parameters();
      await withTrainer(device, { ...estimator, fuse }, async (other) => {
        await other.step(error.step - 1);
        expectSameParameters(parameters, await other.parameters());
      });
    });
  });

  test("does not claim to have kept parameters that a gradient of a finite objective overflowed", async () => {
    // o = 0 and ℓ = 2·10²⁰, while ∂J/∂W1 is beyond float32, a sum of 10¹⁰·10³⁰ by weights around ½.
    const data = { inputs: new Float32Array(50 * 3).fill(1e30), targets: new Float32Array(50 * 4).fill(1e10) };
    await withTrainer(device, { ...estimator, model: linear, data, fuse }, async (trainer) => {
      await trainer.setParameters({ W1: new Float32Array(24) });
      const error = await fails(trainer.step(3));
      expect([error.step, error.tensor]).toEqual([2, "W1"]);
      expect(error.remedy).toMatch(/^a gradient overflowed in a step whose objective was finite, and W1 with it;?/);
    });
  });

  test("where the penalty overflows alone says so, and claims to have kept the parameters only where it has", async () => {
    // (2·10¹⁹)² is beyond float32, and tanh makes numbers of it again.
    const W1 = new Float32Array(24).fill(2e19);
    await withTrainer(device, { ...classifier, fuse }, async (trainer) => {
      await trainer.setParameters({ W1 });
      const before = await trainer.parameters();
      const error = await fails(trainer.step(3));
      expect([error.got, error.step]).toEqual(["s = Infinity", 1]);
      // The fused plan sums the squares while it updates.
      expect(error.remedy.startsWith("the parameters are those from before this step")).toBe(!fuse);
      if (!fuse) expectSameParameters(await trainer.parameters(), before);
    });
  });
});

describe.each(overflowingPlans)("setParameters after a gradient that overflowed, by the %s plan", (_, plan) => {
  test("goes on with an optimizer that begins anew", () =>
    expectFreshStart(device, { ...plan, optimizer: momentum(0.1) }));
});

/** What taps have put in the place of, until the test ends. */
const { createCommandEncoder } = device.gpu;
afterEach(() => {
  device.gpu.createCommandEncoder = createCommandEncoder;
});

/** Calls `look` with each buffer that is copied to be read. */
function tapReading(look: (buffer: GPUBuffer) => void): void {
  const { gpu } = device;
  gpu.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder.call(gpu, descriptor);
    if (descriptor?.label !== "chainrule.read") return encoder;
    const copy = encoder.copyBufferToBuffer as (...given: unknown[]) => undefined;
    encoder.copyBufferToBuffer = (...given: unknown[]) => {
      look(given[0] as GPUBuffer);
      return copy.apply(encoder, given);
    };
    return encoder;
  };
}

test("a training whose tensors cannot be read says that it has halted, and stays so", async () => {
  await withTrainer(device, diverging, async (trainer) => {
    tapReading(() => {
      throw new RangeError("Array buffer allocation failed");
    });
    const error = await fails(trainer.step(40));
    expect([error.tensor, error.got]).toEqual(["J", "L = Infinity"]);
    expect(await rejection(trainer.step())).toBe(error);
  });
});

test("data that were checked are not read again to find what is not finite", async () => {
  await withTrainer(device, diverging, async (trainer) => {
    const names: string[] = [];
    tapReading(({ label }) => names.push(label.replace("chainrule.trainer.", "")));
    await fails(trainer.step(40));
    expect(names).toContain("scores");
    expect(names.filter((name) => trainer.plan.tensors[name]?.role === "data")).toEqual([]);
  });
});

describe.each(plans)("setParameters after a training by the %s plan that diverged", (_, fuse) => {
  const huge = new Float32Array(24).fill(3e38);

  /** Diverges in step 6 and goes on from the parameters that it began with. */
  async function recover(options: TrainerOptions) {
    return withTrainer(device, { ...options, fuse }, async (trainer) => {
      const good = await trainer.parameters();
      await trainer.step(5);
      await trainer.setParameters({ W1: huge, W2: new Float32Array(32).fill(3e38) });
      expect((await fails(trainer.step(3))).step).toBe(6);
      await trainer.setParameters(good);
      const report = await trainer.step(2);
      return { good, report, after: await trainer.parameters(), control: await controlValues(trainer) };
    });
  }

  const controlValues = async (trainer: Trainer) =>
    decodeControl((await trainer.read("control")).data as Uint32Array<ArrayBuffer>);

  test("goes on with the step that failed, on its rows", async () => {
    const steady = { ...diverging, fuse, optimizer: momentum(0.1) };
    const { good, report, after } = await recover(steady);
    expect(report).toMatchObject({ step: 7, steps: 2 });
    await withTrainer(device, steady, async (other) => {
      await other.step(5);
      await other.setParameters(good);
      await other.step(2);
      expectSameParameters(after, await other.parameters());
    });
  });

  test.each([
    ["stairs", stepDecay({ learningRate: 0.1, every: 2, factor: 0.5 }), 0.1 * 0.5 ** 3],
    ["cosine", cosine({ learningRate: 0.1, steps: 12 }), 0.05],
  ])("goes on with the learning rate of its step (%s)", async (_, learningRate, expected) => {
    const { report } = await recover({ ...diverging, optimizer: momentum(learningRate) });
    expectClose("η of step 7", [report.learningRate], [expected], 1e-6 * expected);
  });

  test("goes on with the bias correction of its step", async () => {
    const optimizer = adam({ learningRate: 0.01, beta1: 0.8, beta2: 0.99, weightDecay: 0.1 });
    const options = { ...diverging, fuse, optimizer };
    const { good, after, control } = await recover(options);
    await withTrainer(device, options, async (other) => {
      const reference = await referenceOf(other, options);
      for (let t = 0; t < 5; t++) reference.step();
      for (const [name, values] of Object.entries(good)) reference.set(name, values);
      for (let t = 0; t < 2; t++) reference.step();
      for (const name of ["W1", "W2"]) expectClose(name, after[name] ?? [], reference.tensor(name), 1e-5);
    });
    // Seven steps of the recurrence round three times each.
    for (const [name, beta] of [
      ["correction1", 0.8],
      ["correction2", 0.99],
    ] as const) {
      const exact = (Math.fround(1 - beta) * (1 - Math.fround(beta) ** 7)) / (1 - Math.fround(beta));
      expectClose(name, [control[name]], [exact], 21 * UNIT_ROUNDOFF * exact);
    }
  });

  test("reports the steps that it goes on with, and none from before", async () => {
    const { report, after } = await recover(estimator);
    expect([report.loss, report.penalty].every((value) => Number.isFinite(value) && value > 0)).toBe(true);
    expectFinite(after);
  });
});
