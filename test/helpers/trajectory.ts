import type { Device } from "../../src/device/open.ts";
import { initialControl } from "../../src/kernels/control.ts";
import { type Dense, sequential } from "../../src/model/layer.ts";
import type { Loss } from "../../src/model/loss.ts";
import type { Optimizer } from "../../src/model/optimizer.ts";
import { elementsOf } from "../../src/plan/memory.ts";
import type { Plan, Role } from "../../src/plan/types.ts";
import { createReference, type Reference } from "../../src/reference/run.ts";
import { decodeRecord } from "../../src/run/metrics.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { Dataset, Trainer } from "../../src/run/types.ts";
import { expectClose, largestMagnitude, type Words } from "./compare.ts";
import { controlOf, random, randomIntegers, readWords } from "./gpu.ts";

/** A whole training to be run on the GPU and by the CPU twin. */
export interface Trajectory {
  readonly inputs: number;
  readonly layers: readonly Dense[];
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Rows of the data set. */
  readonly rows: number;
  readonly batch: number;
  readonly shuffle?: boolean;
  /** Whether the plan is the fused one; true if left out. */
  readonly fuse?: boolean;
  /** Seeded random values where left out, biases too, so that no tensor begins at 0. */
  readonly parameters?: Readonly<Record<string, ArrayLike<number>>>;
  readonly data?: Dataset;
}

export const STEPS = 30;

/** Two orders of summation in float32 stay well within this over 30 steps; a wrong formula does not. */
const TOLERANCE = 1e-5;

/**
 * What an error is measured against. A sum that cancels is as wrong as its terms are large, and loss, deltas and gradients
 * are such sums of terms around 1: they are measured against the largest of the trajectory, or 1. The others do not vanish
 * as training goes on: their own largest magnitude is the scale.
 */
const cancels: Readonly<Record<Role, boolean>> = {
  data: false,
  parameter: false,
  state: false,
  activation: false,
  delta: true,
  gradient: true,
  metric: true,
  scratch: false,
  control: false,
};

const SEED = 42;

/**
 * Trains 30 steps on the GPU and by the twin of the same plan, and asserts that every tensor of the plan agrees.
 *
 * Where a pre-activation of a relu is so near 0 that the two signs differ, within the tolerance of z itself, either slope
 * is right, and the two trainings part by a whole slope. So z, or h where the plan holds no z, is compared after every step.
 * Where a sign differs, this step's deltas and updates are left out, the GPU takes over the twin's parameters and optimizer
 * state, and both go on.
 * @returns how often that happened
 */
export async function expectTrajectory(device: Device, given: Trajectory): Promise<number> {
  const { optimizer, rows, batch, loss, shuffle = true, fuse = true } = given;
  const { data, parameters } = { data: dataOf(given), parameters: given.parameters ?? parametersOf(given) };
  const model = sequential(given.layers);
  const trainer = await createTrainer(device, {
    model,
    loss,
    optimizer,
    data,
    batch,
    seed: SEED,
    shuffle,
    fuse,
    oneDispatch: false,
  });
  try {
    trainer.setParameters(parameters);
    const control = controlOf(initialControl({ optimizer, dataRows: rows, batch, seed: SEED }));
    const reference = createReference(trainer.plan, control, "float32");
    reference.set("X", data.inputs);
    reference.set("Y", data.targets);
    for (const [name, values] of Object.entries(parameters)) reference.set(name, values);
    return await follow(device, trainer, reference);
  } finally {
    trainer.dispose();
  }
}

async function follow(device: Device, trainer: Trainer, reference: Reference): Promise<number> {
  const { plan } = trainer;
  const kinked = kinkedTensors(plan);
  const largest = new Map<string, number>();
  const advance = () => {
    reference.step();
    for (const name of Object.keys(plan.tensors)) {
      largest.set(name, Math.max(largest.get(name) ?? 0, largestMagnitude(reference.tensor(name))));
    }
  };
  let restarts = 0;
  let apart = false;
  if (kinked.length === 0) {
    for (let t = 0; t < STEPS; t++) advance();
    await trainer.step(STEPS);
  }
  for (let t = kinked.length === 0 ? STEPS : 0; t < STEPS; t++) {
    advance();
    await trainer.step();
    const zs = await readTensors(device, trainer, kinked);
    for (const name of kinked) expectTensor(plan, reference, name, zs[name] ?? new Float32Array(), largest);
    const differs = kinked.some((name) => {
      const expected = actual(plan, reference, name, reference.tensor(name));
      // z and h are positive on the same side.
      return expected.some((z, i) => z > 0 !== (zs[name]?.[i] ?? Number.NaN) > 0);
    });
    apart = differs;
    if (!differs) continue;
    restarts++;
    for (const [name, { role }] of Object.entries(plan.tensors)) {
      if (role !== "parameter" && role !== "state") continue;
      device.gpu.queue.writeBuffer(trainer.buffer(name), 0, Float32Array.from(reference.tensor(name)));
    }
  }
  await expectAll(device, trainer, reference, largest, apart);
  return restarts;
}

/** Where the side of the kink shows on which each pre-activation of a relu lies. */
function kinkedTensors(plan: Plan): string[] {
  return plan.steps.flatMap((step) => {
    if (step.kernel === "activation" && step.variant.activation === "relu") return [step.bind.z ?? ""];
    if (step.kernel === "layerForward" && step.variant.activation === "relu") return [step.bind.h ?? ""];
    if (step.kernel === "outputLoss" && step.variant.activation === "relu") {
      throw new Error("a relu in the last layer leaves nothing to compare its kinks by");
    }
    return [];
  });
}

/** After the last step: every tensor, and the ring's line of every step. */
async function expectAll(
  device: Device,
  trainer: Trainer,
  reference: Reference,
  largest: ReadonlyMap<string, number>,
  apart: boolean,
): Promise<void> {
  const { plan } = trainer;
  const values = await readTensors(device, trainer, Object.keys(plan.tensors));
  // What a fused plan leaves to the beginning of the next step.
  reference.close();
  for (const [name, { role, dtype }] of Object.entries(plan.tensors)) {
    const words = values[name] ?? new Float32Array();
    if (name === "ring" || role === "control") continue;
    // A relu took the other slope in this very step.
    if (apart && cancels[role]) continue;
    // A fused plan parts the squares as it likes; their sum is in the ring.
    if (name === "squares" && plan.closing.length > 0) continue;
    if (dtype === "u32" || role === "data") {
      expectClose(name, actual(plan, reference, name, words), actual(plan, reference, name, reference.tensor(name)), 0);
    } else expectTensor(plan, reference, name, words, largest);
  }
  expectRing(values.ring as Uint32Array<ArrayBuffer>, reference);
}

function expectRing(ring: Uint32Array<ArrayBuffer>, reference: Reference): void {
  const lines = Array.from({ length: STEPS }, (_, t) => ({
    got: decodeRecord(ring, t + 1),
    expected: reference.tensor("ring").slice(8 * t, 8 * t + 8),
  }));
  type Line = (typeof lines)[number]["got"];
  const compare = (name: string, of: (line: Line) => number, index: number, scale: (most: number) => number) => {
    const expected = lines.map((line) => line.expected[index] ?? Number.NaN);
    const most = Math.max(...expected.map(Math.abs));
    const got = lines.map((line) => of(line.got));
    expectClose(`${name} of each step`, got, expected, TOLERANCE * scale(most));
  };
  const exact = () => 0;
  const own = (most: number) => most;
  compare(
    "L",
    ({ loss }) => loss,
    0,
    (most) => Math.max(1, most),
  );
  compare("s", ({ penalty }) => penalty, 1, own);
  compare("|B|", ({ rows }) => rows, 3, exact);
  compare("step", ({ step }) => step, 4, exact);
  compare("halted", ({ halted }) => Number(halted), 5, exact);
  compare("η", ({ learningRate }) => learningRate, 6, own);
  compare("epoch", ({ epoch }) => epoch, 7, exact);
}

function expectTensor(
  plan: Plan,
  reference: Reference,
  name: string,
  got: Words,
  largest: ReadonlyMap<string, number>,
): void {
  const { role } = plan.tensors[name] ?? { role: "data" };
  const expected = actual(plan, reference, name, reference.tensor(name));
  const own = largestMagnitude(expected);
  const scale = cancels[role] ? Math.max(1, largest.get(name) ?? 0) : own;
  const label = `${name} after step ${reference.control.step}`;
  expectClose(label, actual(plan, reference, name, got), expected, TOLERANCE * scale);
}

/** The rows that the last batch filled. */
function actual(plan: Plan, reference: Reference, name: string, values: ArrayLike<number>): number[] {
  const tensor = plan.tensors[name];
  const all = Array.from(values);
  if (!tensor?.batched) return all;
  return all.slice(0, reference.control.rows * elementsOf(tensor.shape.slice(1)));
}

/** Tensors of a trainer in one copy, as they are on the GPU. */
export async function readTensors(
  { gpu }: Device,
  trainer: Trainer,
  names: readonly string[],
): Promise<Record<string, Words>> {
  const words = await readWords(
    gpu,
    names.map((name) => trainer.buffer(name)),
  );
  return Object.fromEntries(
    names.map((name, index) => {
      const own = words[index] ?? new Uint32Array();
      return [name, trainer.plan.tensors[name]?.dtype === "u32" ? own : new Float32Array(own.buffer)];
    }),
  );
}

function dataOf({ data, rows, inputs, layers, loss }: Trajectory): Dataset {
  if (data) return data;
  const outputs = layers.at(-1)?.units ?? 0;
  const targets = loss === "softmaxCrossEntropy" ? randomIntegers(rows, 2, outputs) : random(rows * outputs, 2);
  return { inputs: random(rows * inputs, 1), targets };
}

/** Weights of variance 1/inputs and biases on [−½, ½). */
function parametersOf({ layers, inputs }: Trajectory): Record<string, Float32Array> {
  let width = inputs;
  return Object.fromEntries(
    layers.flatMap(({ units, bias = true }, index) => {
      const weights = random(units * width, 10 + index, Math.sqrt(3 / width));
      width = units;
      const named: [string, Float32Array][] = [[`W${index + 1}`, weights]];
      return bias ? [...named, [`b${index + 1}`, random(units, 50 + index, 0.5)] as [string, Float32Array]] : named;
    }),
  );
}
