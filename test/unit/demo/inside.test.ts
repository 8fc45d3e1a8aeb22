import { describe, expect, it } from "vitest";
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

const [inputs, rows, outputs] = [3, 4, 2];

interface Case {
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly output: Activation;
  readonly loss: InsideState["loss"];
  readonly decay: number;
}

const cases: readonly Case[] = Object.values(activations).flatMap((activation) =>
  [[], [4], [4, 3]].flatMap((hidden) =>
    [0, 0.1].flatMap((decay): Case[] => [
      { hidden, activation, decay, output: "identity", loss: "crossEntropy" },
      { hidden, activation, decay, output: activation, loss: "squaredError" },
    ]),
  ),
);

const titleOf = ({ hidden, activation, output, loss, decay }: Case) =>
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
async function recordOf(network: Case, step = 0): Promise<StepRecord> {
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

describe.each(cases.map((one) => [titleOf(one), one] as const))("inside a step of %s", (_, network) => {
  const options = optionsOf(network);
  const textbook = described(options, { fuse: false });
  const fused = described(options, { oneDispatch: false });

  it("gives every textbook dispatch the fused ones that do its work, and no fused one is idle", () => {
    const swallowed = swallowedBy(textbook.plan, fused.plan);
    expect(swallowed.map((into, index) => [index, into.length > 0])).toEqual(textbook.steps.map((_, i) => [i, true]));
    expect([...new Set(swallowed.flat())].sort((a, b) => a - b)).toEqual(fused.steps.map((_, i) => i));
    // What a fused dispatch writes, apart from metrics and the batch, is what one of those that it swallows writes.
    fused.steps.forEach(({ writes, phase }, index) => {
      if (phase === "begin") return;
      const own = textbook.steps.flatMap((step, row) => (swallowed[row]?.includes(index) ? step.writes : []));
      for (const name of writes) expect(own).toContain(name);
    });
  });

  it("stops at every dispatch, and never reads what no stop before has written", () => {
    const stops = stopsOf(textbook);
    expect([...new Set(stops.flatMap(({ dispatches }) => dispatches))]).toEqual(textbook.steps.map((_, i) => i));
    const parameters = Object.keys(textbook.plan.tensors).filter((name) => /^[Wb]\d/.test(name));
    const known = new Set(parameters);
    for (const { reads, writes } of stops) {
      for (const name of reads) if (!writes.includes(name)) expect([...known]).toContain(name);
      for (const name of writes) known.add(name);
    }
  });

  it("writes out arithmetic that gives each number", async () => {
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
  });
});

describe.each(cases.map((one) => [titleOf(one), one] as const))("differences in a step of %s", (_, network) => {
  it("are shares of the magnitudes added up, which are no less than what they add up to", async () => {
    for (const step of [0, 20]) {
      const record = await recordOf(network, step);
      const scaleOf = scalesOf(record);
      for (const [name, { cpu }] of Object.entries(record.tensors)) {
        // As much as float32 rounds up.
        expect([name, scaleOf(name) * (1 + 2 ** -22) >= magnitudeOf(cpu)]).toEqual([name, true]);
      }
    }
  });

  it("show a gradient that is twice as large", async () => {
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
  });
});

it("a sum that cancels is measured by its terms", async () => {
  const network = { hidden: [], activation: "identity", output: "identity", loss: "squaredError", decay: 0 } as const;
  const { tensors, ...others } = await recordOf(network);
  const [o, y] = [tensors.o, tensors.y];
  if (!o || !y) throw new Error("the step has no output");
  const columns = Array.from({ length: outputs }, (_, unit) =>
    o.cpu.reduce((sum, one, i) => (i % outputs === unit ? sum + Math.abs(one) + Math.abs(y.cpu[i] ?? 0) : sum), 0),
  );
  const terms = scalesOf({ ...others, tensors })("db1");
  // Of o itself the terms are Wx and b.
  expect(terms).toBeGreaterThanOrEqual(Math.max(...columns) * (1 - 1e-6));
  const db1 = { shape: [outputs], cpu: new Float32Array(outputs), gpu: Float32Array.of(1e-7, 0) };
  const { relative } = differencesOf({ ...others, tensors: { ...tensors, db1 } }).db1 ?? {};
  expect(relative).toBeCloseTo(1e-7 / terms, 12);
});

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
