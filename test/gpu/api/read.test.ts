import { describe, expect, test } from "vitest";
import { DeviceError } from "../../../src/errors.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam } from "../../../src/model/optimizer.ts";
import { elementsOf } from "../../../src/plan/memory.ts";
import type { Trainer, TrainerOptions } from "../../../src/run/types.ts";
import { answering } from "../../helpers/answering.ts";
import { bitsOf, expectClose, expectSameBits } from "../../helpers/compare.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import { readWords } from "../../helpers/gpu.ts";
import {
  BATCH,
  CLASSES,
  classifier,
  estimator,
  expectSameParameters,
  ROWS,
  referenceOf,
  rejection,
  withTrainer,
} from "../../helpers/training.ts";

const device = await usePosingDevice();

/** Holds all that the formulas name. */
const textbook: TrainerOptions = { ...classifier, fuse: false };

const decaying: TrainerOptions = {
  ...estimator,
  fuse: false,
  model: sequential([dense(8, "tanh"), dense(8, "tanh"), dense(4)]),
  optimizer: adam({ learningRate: 0.01, weightDecay: 0.1 }),
};

describe("trainer › read", () => {
  test.each(Object.entries({ textbook, decaying, fused: classifier, "fused decaying": { ...decaying, fuse: true } }))(
    "gives every tensor and alias of the plan its shape and finite values (%s)",
    async (_, options) => {
      await withTrainer(device, options, async (trainer) => {
        await trainer.step(3);
        const { tensors, aliases } = trainer.plan;
        for (const name of [...Object.keys(tensors), ...Object.keys(aliases)]) {
          const { shape, data } = await trainer.read(name);
          const tensor = tensors[aliases[name] ?? name];
          const [first = 0, ...others] = tensor?.shape ?? [];
          expect([name, shape]).toEqual([name, [tensor?.batched ? ROWS % BATCH : first, ...others]]);
          expect([name, data.length]).toEqual([name, elementsOf(shape)]);
          expect(data).toBeInstanceOf(tensor?.dtype === "u32" ? Uint32Array : Float32Array);
          if (data instanceof Float32Array) expect([name, data.every(Number.isFinite)]).toEqual([name, true]);
        }
      });
    },
  );

  test("holds the quantities of both passes by their names in the formulas", async () => {
    await withTrainer(device, decaying, async (trainer) => {
      await trainer.step();
      const names = [1, 2, 3].flatMap((l) => [`z${l}`, `dz${l}`, `W${l}`, `b${l}`, `gW${l}`, `dW${l}`, `db${l}`]);
      for (const name of ["x", "y", "o", "do", "h1", "h2", "dh1", "dh2", ...names]) {
        expect(elementsOf((await trainer.read(name)).shape), name).toBeGreaterThan(0);
      }
    });
  });

  test("an alias gives the bits of what it stands for", async () => {
    await withTrainer(device, decaying, async (trainer) => {
      await trainer.step();
      expect(trainer.plan.aliases).toMatchObject({ h3: "o", z3: "o", dz3: "do", db1: "gb1" });
      for (const [alias, name] of Object.entries(trainer.plan.aliases)) {
        expectSameBits(alias, (await trainer.read(alias)).data, (await trainer.read(name)).data);
      }
    });
  });

  test("the batch holds the rows of the data that order names, full or partial", async () => {
    await withTrainer(device, textbook, async (trainer) => {
      for (const rows of [BATCH, BATCH, ROWS % BATCH]) {
        await trainer.step();
        const [order, x, y] = [await trainer.read("order"), await trainer.read("x"), await trainer.read("y")];
        expect([order.shape, x.shape, y.shape]).toEqual([[rows], [rows, 3], [rows]]);
        const { inputs, targets } = classifier.data;
        expect([...x.data]).toEqual(
          [...order.data].flatMap((row) => [0, 1, 2].map((column) => inputs[3 * row + column])),
        );
        expect([...y.data]).toEqual(Array.from(order.data, (row) => targets[row]));
      }
    });
  });

  test("of an unknown name says which names there are", async () => {
    await withTrainer(device, { ...textbook, model: sequential([dense(4)]) }, async (trainer) => {
      const message =
        'PlanError: train plan: got tensor "h7", expected one of control, X, Y, order, x, y, W1, b1, o, scores, do, ' +
        "squares, ring, gW1, dW1, gb1, h1, z1, dz1, db1; ask for a tensor of this plan.";
      expect(String(await rejection(trainer.read("h7")))).toBe(message);
      expect(() => trainer.buffer("h7")).toThrow(message.slice("PlanError: ".length));
      expect(String(await rejection(trainer.read("toString")))).toContain('got tensor "toString"');
    });
  });

  test("of a tensor that a pass removed names the pass and the remedy", async () => {
    await withTrainer(device, { ...classifier, model: sequential([dense(4)]) }, async (trainer) => {
      const message =
        'PlanError: train plan: got tensor "gW1", which the pass fuse removed, ' +
        "expected one of control, X, Y, order, W1, b1, scores, do, squares, ring, dz1; " +
        "make the trainer with { fuse: false } to keep it in memory.";
      expect(String(await rejection(trainer.read("gW1")))).toBe(message);
      expect(() => trainer.buffer("gW1")).toThrow(message.slice("PlanError: ".length));
    });
  });

  test("of whatever the fused plan removed gives it where the remedy is taken", async () => {
    const options = { ...decaying, fuse: true };
    const removed = await withTrainer(device, options, async (trainer) => {
      for (const name of Object.keys(trainer.plan.removed)) {
        expect(String(await rejection(trainer.read(name)))).toMatch(
          new RegExp(`^PlanError: train plan: got tensor "${name}", which the pass fuse removed, .*{ fuse: false }`),
        );
      }
      return Object.keys(trainer.plan.removed);
    });
    expect(removed).toEqual(expect.arrayContaining(["x", "z1", "z3", "o", "dh1", "gW1", "dW1", "gb1", "db1"]));
    await withTrainer(device, decaying, async (trainer) => {
      await trainer.step();
      for (const name of removed) expect(elementsOf((await trainer.read(name)).shape), name).toBeGreaterThan(0);
    });
  });
});

test("trainer › buffer gives the GPU's own buffer, whose copy equals read", async () => {
  await withTrainer(device, textbook, async (trainer) => {
    await trainer.step(2);
    for (const name of ["W1", "h1", "order", "z2", "ring"]) {
      const buffer = trainer.buffer(name);
      expect(buffer.usage & GPUBufferUsage.COPY_SRC).not.toBe(0);
      const [words = new Uint32Array()] = await readWords(device.gpu, [buffer]);
      expect(words).toEqual(bitsOf((await trainer.read(name)).data));
    }
    expect(trainer.buffer("z2")).toBe(trainer.buffer("o"));
  });
});

describe("what is read together", () => {
  const reads: Readonly<Record<string, (trainer: Trainer) => Promise<unknown>>> = {
    "parameters()": (trainer) => trainer.parameters(),
    "save()": (trainer) => trainer.save(),
    "read()": (trainer) => trainer.read("W1"),
  };

  /** Answers as the device would that has no room for a copy, or none for one so large. */
  const shortOf = (most: number, work: () => Promise<void>) => {
    const createBuffer = device.gpu.createBuffer.bind(device.gpu);
    const short: typeof createBuffer = (descriptor) => {
      const isCopy = (descriptor.usage & GPUBufferUsage.MAP_READ) !== 0 && descriptor.label === "chainrule.read";
      return createBuffer({ ...descriptor, size: isCopy && descriptor.size > most ? 2 ** 50 : descriptor.size });
    };
    return answering(device.gpu, { createBuffer: short }, work);
  };

  test.each(Object.entries(reads))(
    "is copied tensor by tensor: together they may be more than a buffer can hold (%s)",
    async (_, read) => {
      const largest = 4 * 8 * CLASSES;
      await withTrainer(device, classifier, async (trainer) => {
        await trainer.step();
        await shortOf(largest, async () => void (await read(trainer)));
      });
    },
  );

  test.each(Object.entries(reads))(
    "is refused with a DeviceError where there is no room for the copies (%s)",
    async (_, read) => {
      await withTrainer(device, classifier, async (trainer) => {
        await trainer.step();
        await shortOf(0, async () => {
          const error = await rejection(read(trainer));
          expect(error).toBeInstanceOf(DeviceError);
          expect((error as DeviceError).message).toMatch(
            /^chainrule\.read: got .+, expected objects that fit the device; /s,
          );
          expect((await trainer.step()).step).toBe(2);
        });
      });
    },
  );
});

describe("trainer › parameters", () => {
  test("are what setParameters gave, bit for bit, and the others stay", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const before = await trainer.parameters();
      expect(Object.keys(before)).toEqual(["W1", "b1", "W2", "b2"]);
      const W1 = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
      const b2 = [0, -0, 1e-40, 3e38];
      await trainer.setParameters({ W1, b2 });
      expectSameParameters(await trainer.parameters(), { ...before, W1, b2: Float32Array.from(b2) });
      expectSameBits("W1", (await trainer.read("W1")).data, W1);
    });
  });

  test("are those that the next step trains", async () => {
    const W1 = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
    await withTrainer(device, classifier, async (trainer) => {
      await trainer.setParameters({ W1 });
      const reference = await referenceOf(trainer, classifier);
      reference.step();
      await trainer.step();
      const { W1: trained = new Float32Array() } = await trainer.parameters();
      expect(trained).not.toEqual(W1);
      expectClose("W1", trained, reference.tensor("W1"), 1e-5);
    });
  });

  test("begin with zero biases and seeded weights", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const { W1 = new Float32Array(), b1 } = await trainer.parameters();
      expect(b1).toEqual(new Float32Array(8));
      expect(new Set(W1).size).toBe(24);
    });
  });

  test.each([Number.NaN, Number.NEGATIVE_INFINITY, 1e39])(
    "of %s are refused, and then none is written",
    async (value) => {
      await withTrainer(device, classifier, async (trainer) => {
        const before = await trainer.parameters();
        await expect(trainer.setParameters({ b1: new Float32Array(8), b2: [0, 1, value, 2] })).rejects.toThrow(
          `setParameters: b2: element 3: got ${value}, expected a finite number that float32 can hold; give finite values.`,
        );
        expectSameParameters(await trainer.parameters(), before);
      });
    },
  );

  test("of a wrong size or name are refused, and then none is written", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const before = await trainer.parameters();
      const wrong = { b1: [1, 2, 3, 4, 5, 6, 7, 8], W2: [1, 2, 3] };
      await expect(trainer.setParameters(wrong)).rejects.toThrow(
        "setParameters: W2: got 3 values, expected 32 for [4, 8]; give the values row-major, one for each element.",
      );
      await expect(trainer.setParameters({ ...before, W3: [1] })).rejects.toThrow(
        'setParameters: got parameter "W3", expected one of W1, b1, W2, b2; name a parameter of this network.',
      );
      expectSameParameters(await trainer.parameters(), before);
    });
  });
});
