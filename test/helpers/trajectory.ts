import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { initialControl } from "../../src/kernels/control.ts";
import type { Activation } from "../../src/model/activation.ts";
import { type Dense, sequential } from "../../src/model/layer.ts";
import type { Loss } from "../../src/model/loss.ts";
import type { Optimizer } from "../../src/model/optimizer.ts";
import { elementsOf } from "../../src/plan/memory.ts";
import type { Plan, Role } from "../../src/plan/types.ts";
import { createReference, type Reference } from "../../src/reference/run.ts";
import { planTraining } from "../../src/run/plan.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { Dataset, Trainer } from "../../src/run/types.ts";
import { expectClose, largestMagnitude, type Words } from "./compare.ts";
import { controlOf, random, randomIntegers, readWords } from "./gpu.ts";
import { decodeRecord } from "./record.ts";

type Parameters = Readonly<Record<string, ArrayLike<number>>>;

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
  /** Whether whole steps are one dispatch; false if left out. */
  readonly oneDispatch?: boolean;
  /** Where it begins; drawn if left out, with values in all tensors, and so that no pre-activation comes near a kink. */
  readonly start?: Start;
  /** Steps that the drawn start must keep from kinks, all 30 if left out: up to the first kink they are compared. */
  readonly fewest?: number;
  /** Whether every z and h is compared after every step too. */
  readonly eachStep?: boolean;
  /** Parameters that the twin begins with instead. */
  readonly nudged?: Parameters;
}

interface Start {
  readonly data: Dataset;
  readonly parameters: Parameters;
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

/** Whether the slope of an activation jumps at 0. */
const bends: Readonly<Record<Activation, boolean>> = { identity: false, relu: true, sigmoid: false, tanh: false };

const SEED = 42;

/**
 * Trains 30 steps on the GPU and by the twin of the same plan, and asserts that every tensor of the plan agrees.
 * @returns how many steps were compared: fewer where a kink was met
 */
export async function expectTrajectory(device: Device, given: Trajectory): Promise<number> {
  const { layers, optimizer, batch, loss, shuffle = true, fuse = true, oneDispatch = false, nudged = {} } = given;
  const { start, steps } = given.start ? { start: given.start, steps: STEPS } : startOf(given);
  const { data, parameters } = start;
  const trainer = await createTrainer(device, {
    model: sequential(layers),
    loss,
    optimizer,
    data,
    batch,
    seed: SEED,
    shuffle,
    fuse,
    oneDispatch,
  });
  try {
    const { plan } = trainer;
    expect(plan.steps.some(({ kernel }) => kernel === "wholeSteps")).toBe(oneDispatch);
    await trainer.setParameters(parameters);
    const reference = twinOf(plan, given, { data, parameters: { ...parameters, ...nudged } });
    const largest = new Map<string, number>();
    const kept = keptIn(plan);
    const activations = kept.flatMap(([name, { role }]) => (role === "activation" ? [name] : []));
    for (let t = 0; t < steps; t++) {
      reference.step();
      for (const [name] of kept) {
        largest.set(name, Math.max(largest.get(name) ?? 0, largestMagnitude(reference.tensor(name))));
      }
      if (!given.eachStep) continue;
      await trainer.step();
      const values = await readTensors(device, trainer, activations);
      for (const name of activations) expectTensor(plan, reference, name, values[name] ?? new Float32Array(), largest);
    }
    if (!given.eachStep) await trainer.step(steps);
    await expectAll(device, trainer, reference, largest);
    return steps;
  } finally {
    trainer.dispose();
  }
}

function twinOf(plan: Plan, { optimizer, rows, batch }: Trajectory, { data, parameters }: Start): Reference {
  const control = controlOf(initialControl({ optimizer, dataRows: rows, batch, seed: SEED }));
  const reference = createReference(plan, control, "float32");
  for (const [name, values] of Object.entries({ X: data.inputs, Y: data.targets, ...parameters })) {
    reference.set(name, values);
  }
  return reference;
}

/** Draws of which one at least must keep away from all kinks. */
const MOST_DRAWS = 50;

/**
 * The first draw by which no pre-activation of an activation that bends lies within the tolerance of 0 in as many steps as must
 * be. Closer, either sign and either slope are right, and two trainings that are both right part by a whole slope.
 */
function startOf(given: Trajectory): { readonly start: Start; readonly steps: number } {
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const start = { data: dataOf(given, draw), parameters: parametersOf(given, draw) };
    const steps = stepsBeforeKink(given, start);
    if (steps >= (given.fewest ?? STEPS)) return { start, steps };
  }
  throw new Error(`each of ${MOST_DRAWS} draws meets a kink: give fewer units that bend, or smaller batches`);
}

/** By the textbook's plan, which holds every z. */
function stepsBeforeKink(given: Trajectory, start: Start): number {
  const bent = given.layers.flatMap(({ activation }, index) => (bends[activation] ? [`z${index + 1}`] : []));
  if (bent.length === 0) return STEPS;
  const { layers, loss, optimizer, inputs, rows, batch, shuffle = true } = given;
  const model = sequential(layers);
  const options = { model, loss, optimizer, inputs, rows, batch, shuffle, fuse: false, oneDispatch: false };
  const plan = planTraining(options);
  const reference = twinOf(plan, given, start);
  for (let t = 0; t < STEPS; t++) {
    reference.step();
    for (const name of bent) {
      const z = actual(plan, reference, name, reference.tensor(name)).map(Math.abs);
      if (Math.min(...z) <= TOLERANCE * Math.max(...z)) return t;
    }
  }
  return STEPS;
}

/** The tensors of a plan, less those that whole steps keep to themselves. */
const keptIn = ({ tensors }: Plan) =>
  Object.entries(tensors).filter(([, { place, role }]) => place !== "workgroup" && role !== "scratch");

/** After the last step: every tensor, and the ring's line of every step. */
async function expectAll(
  device: Device,
  trainer: Trainer,
  reference: Reference,
  largest: ReadonlyMap<string, number>,
): Promise<void> {
  const { plan } = trainer;
  const kept = keptIn(plan);
  const values = await readTensors(
    device,
    trainer,
    kept.map(([name]) => name),
  );
  // What a fused plan leaves to the beginning of the next step.
  reference.close();
  for (const [name, { role, dtype }] of kept) {
    const words = values[name] ?? new Float32Array();
    if (name === "ring" || role === "control") continue;
    // A fused plan parts the squares as it likes; their sum is in the ring.
    if (name === "squares" && plan.closing.length > 0) continue;
    if (dtype === "u32" || role === "data") {
      expectClose(name, actual(plan, reference, name, words), actual(plan, reference, name, reference.tensor(name)), 0);
    } else expectTensor(plan, reference, name, words, largest);
  }
  expectRing(values.ring as Uint32Array<ArrayBuffer>, reference);
}

function expectRing(ring: Uint32Array<ArrayBuffer>, reference: Reference): void {
  const lines = Array.from({ length: reference.control.step }, (_, t) => ({
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
async function readTensors(
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

/** Seeds of a draw's values: apart from those of any other draw. */
const seedOf = (draw: number, value: number) => 1000 * draw + value;

function dataOf({ rows, inputs, layers, loss }: Trajectory, draw: number): Dataset {
  const outputs = layers.at(-1)?.units ?? 0;
  const seed = seedOf(draw, 2);
  const targets = loss === "softmaxCrossEntropy" ? randomIntegers(rows, seed, outputs) : random(rows * outputs, seed);
  return { inputs: random(rows * inputs, seedOf(draw, 1)), targets };
}

/** Weights of variance 1/inputs and biases on [−½, ½). */
function parametersOf({ layers, inputs }: Trajectory, draw: number): Record<string, Float32Array> {
  let width = inputs;
  return Object.fromEntries(
    layers.flatMap(({ units, bias = true }, index) => {
      const weights = random(units * width, seedOf(draw, 10 + index), Math.sqrt(3 / width));
      width = units;
      const named: [string, Float32Array][] = [[`W${index + 1}`, weights]];
      const biases = (): [string, Float32Array] => [`b${index + 1}`, random(units, seedOf(draw, 50 + index), 0.5)];
      return bias ? [...named, biases()] : named;
    }),
  );
}
