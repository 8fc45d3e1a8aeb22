import { describe, expect, test } from "vitest";
import type { BeginVariant } from "../../../src/kernels/begin.ts";
import {
  type ControlValues,
  controlNames,
  HALTED,
  initialControl,
  RECORD_WORDS,
  RECORDED,
  RING_RECORDS,
} from "../../../src/kernels/control.ts";
import { reduceGroup } from "../../../src/kernels/record.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { permute } from "../../../src/model/random.ts";
import { cosine, type Schedule, stepDecay } from "../../../src/model/schedule.ts";
import { decodeRecord } from "../../../src/run/metrics.ts";
import { bitsOf, expectClose, gamma, UNIT_ROUNDOFF, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import {
  type Case,
  controlOf,
  inDouble,
  type Outcome,
  random,
  randomIntegers,
  runAllOnGpu,
  runOnCpu,
  runOnGpu,
} from "../../helpers/gpu.ts";
import { groupRoundings } from "../../helpers/tolerances.ts";

const device = await useDevice();

const rate = 0.1;
const schedules: Readonly<Record<Schedule["kind"], Schedule>> = {
  constant: sgd({ learningRate: rate }).schedule,
  step: stepDecay({ learningRate: rate, every: 3, factor: 0.7 }),
  cosine: cosine({ learningRate: rate, steps: 9, warmup: 3, finalLearningRate: 0.003 }),
};

const NONE = 0xabcdef01;

interface Given {
  readonly batch: number;
  readonly dataRows?: number;
  readonly columns?: number;
  readonly parts?: number;
  /** Invocations that sum; as many as plans take if left out. */
  readonly group?: number;
  readonly shuffle?: boolean;
  readonly closing?: boolean;
  readonly schedule?: Schedule["kind"];
  readonly decay?: BeginVariant["decay"];
  /** Fields of the control block as the step before left them. */
  readonly control?: Partial<ControlValues>;
  readonly losses?: readonly number[];
  readonly squares?: readonly number[];
  /** Whether the targets are classes. */
  readonly classes?: boolean;
}

function between(given: Given): Case<"begin"> {
  const { batch, dataRows = batch, columns = 1, parts = 0, shuffle = true, closing = false } = given;
  const {
    group = reduceGroup(Math.max(batch, parts)),
    schedule = "constant",
    decay = "per-batch",
    classes = false,
  } = given;
  const optimizer = adam({ learningRate: schedules[schedule], weightDecay: 0.3, decay });
  const losses = given.losses ?? random(batch, 1).map(Math.abs);
  const target = (length: number) => (classes ? new Uint32Array(length).fill(NONE) : new Float32Array(length).fill(-7));
  const values: Record<string, Words> = {
    ring: new Uint32Array(RING_RECORDS * RECORD_WORDS).fill(NONE),
    scores: Float32Array.from(Array.from(losses).flatMap((loss, i) => [loss, i % 3 === 0 ? 1 : 0])),
  };
  if (!closing) {
    values.order = new Uint32Array(batch).fill(NONE);
    values.data = classes ? randomIntegers(dataRows * columns, 2, 2 ** 32) : random(dataRows * columns, 2);
    values.y = target(batch * columns);
  }
  if (parts > 0) values.squares = Float32Array.from(given.squares ?? random(parts, 3).map(Math.abs));
  return {
    kernel: "begin",
    variant: { schedule, decay, penalty: parts > 0, group, shuffle, closing },
    dims: { rows: batch, columns, parts },
    control: { ...initialControl({ optimizer, dataRows, batch, seed: 42 }), ...given.control },
    values,
  };
}

/** The twin's ring holds numbers where the GPU holds bits. */
const runTwin = (given: Case<"begin">) =>
  runOnCpu(given, (values) => (values === given.values.ring ? new Float64Array(values.length) : inDouble(values)));

const lineOf = (step: number) => ((step - 1) % RING_RECORDS) * RECORD_WORDS;

/** Compares calls with their twins: the line of the step before, the control block of the next, its rows and targets. */
async function expectAllBetween(cases: readonly Case<"begin">[]): Promise<Outcome[]> {
  const outcomes = await runAllOnGpu(device, cases);
  expect(outcomes).toHaveLength(cases.length);
  cases.forEach((given, index) => {
    expectOne(given, outcomes[index] as Outcome);
  });
  return outcomes;
}

async function expectBetween(given: Case<"begin">): Promise<Outcome> {
  const outcomes = await expectAllBetween([given]);
  return outcomes[0] as Outcome;
}

function expectOne(given: Case<"begin">, got: Outcome): void {
  const before = controlOf(given.control);
  const twin = runTwin(given);
  const ring = got.written.ring as Uint32Array<ArrayBuffer>;
  const at = before.step === 0 ? ring.length : lineOf(before.step);
  const others = Array.from(ring).filter((_, index) => index < at || index >= at + RECORD_WORDS);
  expect(others.every((word) => word === NONE)).toBe(true);
  if (before.step > 0) {
    const record = decodeRecord(ring, before.step);
    const [loss = 0, penalty = 0, ...rest] = [...(twin.written.ring ?? [])].slice(at, at + RECORD_WORDS);
    // Sums of positive numbers; the penalty meets two products more, and the twin rounds once.
    const terms = (n: number) => gamma(groupRoundings(n, given.variant.group) + 3);
    expectClose("L", [record.loss], [loss], terms(given.dims.rows) * loss);
    expectClose("s", [record.penalty], [penalty], terms(given.dims.parts) * penalty);
    const { hits, rows, step, halted, learningRate, epoch } = record;
    expect([hits, rows, step, Number(halted), learningRate, epoch]).toEqual(rest);
  }
  expectControl(got.control, twin.control);
  for (const name of ["order", "y"]) expect([name, got.written[name]]).toEqual([name, twinWords(given, twin, name)]);
}

const twinWords = (given: Case<"begin">, { written }: ReturnType<typeof runTwin>, name: string) => {
  const values = written[name];
  if (!values) return undefined;
  return given.values[name] instanceof Uint32Array ? Uint32Array.from(values) : Float32Array.from(values);
};

/** Rounded, but for the fields that are copied or whole; one step is no farther off than these few roundings. */
function expectControl(got: ControlValues, twin: ControlValues): void {
  const rounded = controlOf(twin);
  for (const name of controlNames) {
    const few = { learningRate: 16, correction1: 3, correction2: 3 }[name as string] ?? 0;
    expectClose(name, [got[name]], [rounded[name]], few * UNIT_ROUNDOFF * Math.abs(twin[name]));
  }
}

/** 1 − βᵗ as the recurrence c ← βc + (1 − β) gives it, with β and 1 − β rounded. */
const correction = (beta: number, step: number) => {
  const rounded = Math.fround(beta);
  return (Math.fround(1 - beta) * (1 - rounded ** step)) / (1 - rounded);
};

/** The control block in the midst of a training. */
const midst = (step: number, batch: number, dataRows: number): Partial<ControlValues> => {
  const steps = Math.ceil(dataRows / batch);
  const start = ((step - 1) % steps) * batch;
  return {
    step,
    epoch: Math.floor((step - 1) / steps),
    start,
    rows: Math.min(batch, dataRows - start),
    // Of the step schedule; the others do not look back.
    learningRate: rate * 0.7 ** Math.floor((step - 1) / 3),
    decay: 0.3,
    correction1: correction(0.9, step),
    correction2: correction(0.999, step),
  };
};

describe.each(["constant", "step", "cosine"] as const)("begin, %s learning rate", (schedule) => {
  test.each(["per-batch", "per-step"] as const)(
    "equals the reference between any two steps, decay %s",
    async (decay) => {
      await expectAllBetween(
        [1, 2, 3, 4, 8, 9, 30].map((step) =>
          between({ batch: 50, dataRows: 130, schedule, decay, parts: 3, control: midst(step, 50, 130) }),
        ),
      );
    },
  );
});

describe("begin", () => {
  test("before the first step records nothing", async () => {
    const given = between({ batch: 5, losses: [1, 2, 3, 4, Number.NaN], parts: 2, squares: [1, Number.NaN] });
    const { written, control } = await runOnGpu(device, given);
    expect(written.ring).toEqual(given.values.ring);
    expect([control.step, control.halted, control.rows]).toEqual([1, 0, 5]);
  });

  test.each([
    [1, 1, 0],
    [3, 3, 1],
    [31, 3, 31],
    [32, 1, 32],
    [33, 2, 33],
    [255, 1, 3],
    [256, 2, 255],
    [257, 1, 256],
    [1000, 1, 257],
  ])(
    "equals the reference over %i rows with %i targets each and %i parts of the penalty, however many sum",
    async (batch, columns, parts) => {
      const dataRows = 2 * batch + 1;
      const moments = [
        { classes: true, control: {} },
        { classes: true, control: midst(2, batch, dataRows) },
        { classes: false, control: midst(2, batch, dataRows) },
      ];
      await expectAllBetween(
        [32, 256].flatMap((group) =>
          moments.map((moment) => between({ batch, dataRows, columns, parts, group, ...moment })),
        ),
      );
    },
  );

  test("gives the same bits on every run", async () => {
    for (const group of [32, 256]) {
      const given = between({ batch: 1000, dataRows: 2001, parts: 257, group, control: midst(2, 1000, 2001) });
      const [first, second] = await runAllOnGpu(device, [given, given]);
      expect(first?.written.ring).toBeDefined();
      expect(second).toEqual(first);
    }
  });

  test("moves the targets of the rows that the epoch's order gives, bit for bit", async () => {
    for (const shuffle of [true, false]) {
      const given = between({
        batch: 50,
        dataRows: 130,
        columns: 3,
        shuffle,
        classes: true,
        control: midst(4, 50, 130),
      });
      const { written, control } = await runOnGpu(device, given);
      expect([control.epoch, control.start]).toEqual([1, 50]);
      const order = Array.from({ length: 50 }, (_, i) => (shuffle ? permute(50 + i, 130, 42, 1) : 50 + i));
      expect(Array.from(written.order ?? [])).toEqual(order);
      const { data } = given.values;
      expect(Array.from(written.y ?? [])).toEqual(order.flatMap((row) => [0, 1, 2].map((j) => data?.[3 * row + j])));
    }
  });

  test("keeps NaN payloads, signed zeros and subnormal targets", async () => {
    const words = Uint32Array.of(0x7fc12345, 0x80000000, 0xff800000, 1);
    const given = between({ batch: 4, shuffle: false });
    const data = new Float32Array(words.buffer.slice(0));
    const { written } = await runOnGpu(device, { ...given, values: { ...given.values, data } });
    expect(bitsOf(written.y ?? new Float32Array())).toEqual(words);
  });

  test("records the rows of the step before and begins one of another size, leaving what lies beyond", async () => {
    for (const step of [2, 3]) {
      const losses = Array.from(random(50, 1).map(Math.abs)).fill(Number.NaN, midst(step, 50, 130).rows);
      const given = between({ batch: 50, dataRows: 130, losses, control: midst(step, 50, 130) });
      const { control, written } = await expectBetween(given);
      const rows = step === 2 ? 30 : 50;
      expect(control.rows).toBe(rows);
      expect(written.order?.slice(rows)).toEqual(new Uint32Array(50 - rows).fill(NONE));
      expect(written.y?.slice(rows)).toEqual(new Float32Array(50 - rows).fill(-7));
    }
  });

  test("writes the line of its step in the ring, which begins again when it is full", async () => {
    const steps = [1, RING_RECORDS, RING_RECORDS + 1, 5 * RING_RECORDS + 7];
    await expectAllBetween(steps.map((step) => between({ batch: 5, dataRows: 13, control: midst(step, 5, 13) })));
  });

  test("closing writes the same line and changes nothing else", async () => {
    for (const parts of [0, 5]) {
      const given = { batch: 50, dataRows: 130, parts, control: midst(7, 50, 130) };
      const closed = await expectBetween(between({ ...given, closing: true }));
      expect(closed.control).toEqual(controlOf(between(given).control));
      expect(closed.written.ring).toEqual((await runOnGpu(device, between(given))).written.ring);
    }
  });

  const infinity = Number.POSITIVE_INFINITY;
  const bad: [string, Given][] = [
    ["loss is NaN", { batch: 3, losses: [1, Number.NaN, 2] }],
    ["loss is infinite", { batch: 3, losses: [1, 2, infinity] }],
    ["sum of losses overflows", { batch: 2, losses: [3e38, 3e38] }],
    ["penalty is NaN", { batch: 2, parts: 3, squares: [1, Number.NaN, 2] }],
    ["penalty is infinite", { batch: 2, parts: 2, squares: [3e38, 3e38] }],
  ];
  test.each(bad)("halts the run where the %s, and begins no step", async (_, given) => {
    const before = { ...midst(4, given.batch, 130), decay: 3 };
    for (const closing of [true, false]) {
      const call = between({ ...given, dataRows: 130, closing, control: before });
      const { written, control } = await runOnGpu(device, call);
      expect(control).toEqual({ ...controlOf(call.control), halted: HALTED | RECORDED });
      expect(decodeRecord(written.ring as Uint32Array<ArrayBuffer>, 4)).toMatchObject({ halted: true, step: 4 });
    }
  });

  test("once a row has halted the run records its step and begins no other", async () => {
    const call = between({ batch: 50, dataRows: 130, control: { ...midst(4, 50, 130), halted: HALTED } });
    const { written, control } = await expectBetween(call);
    expect(control).toEqual({ ...controlOf(call.control), halted: HALTED | RECORDED });
    expect(decodeRecord(written.ring as Uint32Array<ArrayBuffer>, 4)).toMatchObject({ halted: true, step: 4 });
  });

  test("once that step is recorded leaves its line as it is", async () => {
    for (const closing of [true, false]) {
      const halted = HALTED | RECORDED;
      const call = between({ batch: 50, dataRows: 130, closing, control: { ...midst(4, 50, 130), halted } });
      const { written, control } = await runOnGpu(device, call);
      expect(control).toEqual(controlOf(call.control));
      expect((written.ring as Uint32Array).every((word) => word === NONE)).toBe(true);
      expect(control).toEqual(controlOf(runTwin(call).control));
      expect(runTwin(call).written.ring?.every((value) => value === 0)).toBe(true);
    }
  });
});
