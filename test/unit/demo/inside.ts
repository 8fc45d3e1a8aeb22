import { expect } from "vitest";
import type { StepRecord, TensorValues } from "../../../demo/src/pages/inside/contract.ts";
import { differencesOf, magnitudeOf } from "../../../demo/src/pages/inside/difference.ts";
import { explain, numberAt } from "../../../demo/src/pages/inside/explain.ts";
import { boardName } from "../../../demo/src/pages/inside/names.ts";
import { scalesOf } from "../../../demo/src/pages/inside/scales.ts";
import type { InsideState } from "../../../demo/src/pages/inside/state.ts";
import { stopsOf } from "../../../demo/src/pages/inside/stops.ts";
import { swallowedBy } from "../../../demo/src/pages/inside/swallow.ts";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { type Activation, activations } from "../../../src/model/activation.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { sgd } from "../../../src/model/optimizer.ts";
import { describeStep } from "../../../src/plan/describe.ts";
import { elementsOf } from "../../../src/plan/memory.ts";
import { planTraining } from "../../../src/run/plan.ts";
import type { TrainerOptions } from "../../../src/run/types.ts";

const [inputs, rows] = [3, 4];
export const outputs = 2;

export interface Case {
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly output: Activation;
  readonly loss: InsideState["loss"];
  readonly decay: number;
}

/** Every network of the page's options, in three sizes. */
export const cases: readonly Case[] = allOf();

/** A third of them, in which each two of activation, loss, size and decay still meet. */
export const pairs: readonly Case[] = allOf((total) => total % 3 === 0);

/** @param takes by the sum of the places at which the options of a case stand */
function allOf(takes: (total: number) => boolean = () => true): Case[] {
  return activations.flatMap((activation, a) =>
    [[], [4], [4, 3]].flatMap((hidden, h) =>
      [0, 0.1].flatMap((decay, d) =>
        [
          { hidden, activation, decay, output: "identity", loss: "crossEntropy" } as const,
          { hidden, activation, decay, output: activation, loss: "squaredError" } as const,
        ].filter((_, l) => takes(a + h + d + l)),
      ),
    ),
  );
}

export const titleOf = ({ hidden, activation, output, loss, decay }: Case) =>
  `${[inputs, ...hidden, outputs].join("-")} ${activation} ${output} ${loss} λ ${decay}`;

function optionsOf({ hidden, activation, output, loss, decay }: Case): TrainerOptions {
  const classes = loss === "crossEntropy";
  return {
    model: sequential([...hidden.map((units) => dense(units, activation)), dense(outputs, output)]),
    loss: classes ? "softmaxCrossEntropy" : "halfSquaredError",
    optimizer: sgd({ learningRate: 0.5, weightDecay: decay }),
    data: {
      inputs: Array.from({ length: rows * inputs }, (_, i) => Math.sin(3 * i)),
      targets: classes ? [0, 1, 1, 0] : Array.from({ length: rows * outputs }, (_, i) => Math.cos(2 * i)),
    },
    shuffle: false,
    fuse: false,
  };
}

const described = ({ model, loss, optimizer }: TrainerOptions, passes: { fuse?: boolean; oneDispatch?: boolean }) => {
  const plan = planTraining({ model, loss, optimizer, inputs, rows, shuffle: false, ...passes });
  return { plan, steps: plan.steps.map(describeStep), text: "" };
};

/** The step after `step` others, as the reference takes it. */
export async function recordOf(network: Case, step = 0): Promise<StepRecord> {
  const options = optionsOf(network);
  const trainer = createReferenceTrainer(options);
  if (step > 0) await trainer.step(step);
  const before = await trainer.parameters();
  const { loss, penalty } = await trainer.step();
  const tensors: Record<string, TensorValues> = {};
  const put = (name: string, shape: readonly number[], data: ArrayLike<number>) => {
    tensors[name] = { shape, cpu: Float32Array.from(data), gpu: undefined };
  };
  for (const name of [...Object.keys(trainer.plan.tensors), ...Object.keys(trainer.plan.aliases)]) {
    if (name !== boardName(trainer.plan, name)) continue;
    const { shape, data } = await trainer.read(name);
    put(name, shape, data);
    if (!before[name]) continue;
    put(`${name}+`, shape, data);
    put(name, shape, before[name]);
  }
  put(
    "ell",
    [rows],
    [...(await trainer.read("scores")).data].filter((_, i) => i % 2 === 0),
  );
  put("L", [], [loss * rows]);
  put("s", [], [penalty * rows]);
  put("J", [], [(loss + penalty) * rows]);
  const { hidden, activation, output, decay } = network;
  const state: InsideState = {
    ...{ start: "seeded", inputs, hidden, outputs, rows, activation, output, loss: network.loss, decay },
    ...{ rate: 0.5, seed: 0, step, stop: 0 },
  };
  const [textbook, fused] = [described(options, { fuse: false }), described(options, { oneDispatch: false })];
  return { number: 1, state, tensors, textbook, fused, whole: fused, compileSeconds: undefined };
}

const plansOf = (network: Case) => {
  const options = optionsOf(network);
  return { textbook: described(options, { fuse: false }), fused: described(options, { oneDispatch: false }) };
};

/** Asserts that every textbook dispatch has the fused ones that do its work, and that no fused one is idle. */
export function expectSwallowed(network: Case): void {
  const { textbook, fused } = plansOf(network);
  const swallowed = swallowedBy(textbook.plan, fused.plan);
  expect(swallowed.map((into, index) => [index, into.length > 0])).toEqual(textbook.steps.map((_, i) => [i, true]));
  expect([...new Set(swallowed.flat())].sort((a, b) => a - b)).toEqual(fused.steps.map((_, i) => i));
  // What a fused dispatch writes, apart from metrics and the batch, is what one of those that it swallows writes.
  fused.steps.forEach(({ writes, phase }, index) => {
    if (phase === "begin") return;
    const own = textbook.steps.flatMap((step, row) => (swallowed[row]?.includes(index) ? step.writes : []));
    for (const name of writes) expect(own).toContain(name);
  });
}

/** Asserts that the stops come to every dispatch, and never read what no stop before has written. */
export function expectStops(network: Case): void {
  const { textbook } = plansOf(network);
  const stops = stopsOf(textbook);
  expect([...new Set(stops.flatMap(({ dispatches }) => dispatches))]).toEqual(textbook.steps.map((_, i) => i));
  const parameters = Object.keys(textbook.plan.tensors).filter((name) => /^[Wb]\d/.test(name));
  const known = new Set(parameters);
  for (const { reads, writes } of stops) {
    for (const name of reads) if (!writes.includes(name)) expect([...known]).toContain(name);
    for (const name of writes) known.add(name);
  }
}

/** Asserts that the arithmetic that is written out gives each number. */
export async function expectArithmetic(network: Case): Promise<void> {
  const record = await recordOf(network);
  const { tensors } = record;
  const computed = Object.keys(tensors).filter((name) => /^([zho]\d*|[dg].*|[Wb]\d\+|ell|L|J)$/.test(name));
  expect(computed.length).toBeGreaterThanOrEqual(9);
  for (const name of computed) {
    const { shape, cpu } = tensors[name] as TensorValues;
    const [, columns = 1] = shape;
    const largest = Math.max(...cpu.map(Math.abs), 1e-3);
    for (let i = 0; i < elementsOf(shape); i++) {
      const cell = { name, row: Math.floor(i / columns), column: i % columns };
      const { text, operands } = explain(record, cell, 9);
      expect([text, Math.abs(evaluate(text) - numberAt(record, cell)) <= 1e-5 * largest]).toEqual([text, true]);
      for (const operand of operands) expect(numberAt(record, operand), operand.name).not.toBeNaN();
    }
  }
}

/** Asserts that differences are shares of the magnitudes added up, which are no less than what they add up to. */
export async function expectShares(network: Case): Promise<void> {
  for (const step of [0, 20]) {
    const record = await recordOf(network, step);
    const scaleOf = scalesOf(record);
    for (const [name, { cpu }] of Object.entries(record.tensors)) {
      // As much as float32 rounds up.
      expect([name, scaleOf(name) * (1 + 2 ** -22) >= magnitudeOf(cpu)]).toEqual([name, true]);
    }
  }
}

/** Asserts that a gradient that is twice as large shows. */
export async function expectDoubled(network: Case): Promise<void> {
  const { tensors, ...others } = await recordOf(network);
  const off = Object.entries(tensors).map(([name, { shape, cpu }]) => [
    name,
    { shape, cpu, gpu: name.startsWith("d") ? cpu.map((value) => 2 * value) : cpu },
  ]);
  const found = Object.entries(differencesOf({ ...others, tensors: Object.fromEntries(off) }));
  for (const [name, { relative, largest }] of found) {
    if (name.startsWith("d") && largest > 0) expect([name, relative > 1e-5]).toEqual([name, true]);
    else expect([name, relative]).toEqual([name, 0]);
  }
}

/** The value of an explanation, which is ordinary arithmetic but for its signs. */
function evaluate(text: string): number {
  const script = text
    .replace(/e\^−\(([^()]*)\)/g, "exp(−1 * ($1))")
    .replace(/e\^(\([^()]*\)|[\d.]+(?:e−?\d+)?)/g, "exp(1 * $1)")
    .replace(/½/g, "0.5 *")
    .replace(/²/g, " ** 2")
    .replace(/·/g, "*")
    .replace(/−/g, "-");
  return new Function("exp", "log", "tanh", "max", `return ${script};`)(Math.exp, Math.log, Math.tanh, Math.max);
}
