import { describe, expect, test } from "vitest";
import { HALTED, RECORD_WORDS, RECORDED, RING_RECORDS } from "../../../src/kernels/control.ts";
import { reduceGroup } from "../../../src/kernels/record.ts";
import { expectClose, gamma, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, controlOf, type Outcome, random, runAllOnGpu, runOnCpu, runOnGpu } from "../../helpers/gpu.ts";
import { decodeRecord } from "../../helpers/record.ts";
import { groupRoundings } from "../../helpers/tolerances.ts";

const device = await useDevice();

interface Given {
  readonly rows: number;
  readonly actual?: number;
  readonly parts?: number;
  /** Invocations that sum; as many as plans take if left out. */
  readonly group?: number;
  readonly step?: number;
  readonly losses?: Float32Array<ArrayBuffer>;
  readonly squares?: Float32Array<ArrayBuffer>;
  readonly halted?: number;
}

const NONE = 0xabcdef01;
const positive = (length: number, seed: number) => random(length, seed).map(Math.abs);

function line({ rows, actual = rows, parts = 0, step = 1, ...given }: Given): Case<"record"> {
  const losses = given.losses ?? positive(rows, 1);
  const values: Record<string, Words> = {
    scores: Float32Array.from(Array.from(losses).flatMap((loss, i) => [loss, i % 3 === 0 ? 1 : 0])),
    ring: new Uint32Array(RING_RECORDS * RECORD_WORDS).fill(NONE),
  };
  if (parts > 0) values.squares = given.squares ?? positive(parts, 2);
  const { group = reduceGroup(Math.max(rows, parts)), halted = 0 } = given;
  return {
    kernel: "record",
    variant: { penalty: parts > 0, group },
    dims: { rows, parts },
    control: { rows: actual, step, epoch: 3, learningRate: 0.1, decay: 0.3, halted },
    values,
  };
}

/** The step's record on the GPU, checked against the twin's, which holds numbers where the GPU holds bits. */
async function expectRecord(given: Case<"record">) {
  return expectOne(given, await runOnGpu(device, given));
}

/** The same of steps that run together. */
async function expectRecords(cases: readonly Case<"record">[]) {
  const outcomes = await runAllOnGpu(device, cases);
  expect(outcomes).toHaveLength(cases.length);
  return cases.map((given, index) => expectOne(given, outcomes[index] as Outcome));
}

function expectOne(given: Case<"record">, got: Outcome) {
  const twin = runOnCpu(given, (values) =>
    values.length === RING_RECORDS * RECORD_WORDS ? new Float64Array(values.length) : values.slice(),
  );
  const step = given.control?.step ?? 1;
  const ring = got.written.ring as Uint32Array<ArrayBuffer>;
  const record = decodeRecord(ring, step);
  const at = ((step - 1) % RING_RECORDS) * RECORD_WORDS;
  const [loss, penalty, hits, rows, at6, halted, learningRate, epoch] = [...(twin.written.ring ?? [])].slice(at);
  // Sums of positive numbers; the penalty meets two products more, and the twin rounds once.
  const terms = (n: number) => gamma(groupRoundings(n, given.variant.group) + 3);
  const scale = (n: number, sum: number | undefined) => terms(n) * Math.abs(sum ?? 0);
  expectClose("L", [record.loss], [loss ?? 0], scale(given.dims.rows, loss));
  expectClose("s", [record.penalty], [penalty ?? 0], scale(given.dims.parts, penalty));
  expect({ ...record, loss: 0, penalty: 0, halted: Number(record.halted) }).toEqual({
    loss: 0,
    penalty: 0,
    hits,
    rows,
    step: at6,
    halted,
    skipped: false,
    learningRate,
    epoch,
  });
  const others = Array.from(ring).filter((_, index) => index < at || index >= at + RECORD_WORDS);
  expect(others.every((word) => word === NONE)).toBe(true);
  expect(got.control).toEqual(controlOf(twin.control));
  return { record, control: got.control };
}

describe("record", () => {
  test.each([
    [1, 0],
    [31, 1],
    [32, 31],
    [33, 33],
    [255, 3],
    [256, 255],
    [257, 256],
    [1000, 257],
  ])(
    "equals the reference's sums over %i losses and %i parts of the penalty, however many sum",
    async (rows, parts) => {
      await expectRecords([32, 256].map((group) => line({ rows, parts, group })));
    },
  );

  test("gives the same bits on every run", async () => {
    for (const group of [32, 256]) {
      const given = line({ rows: 1000, parts: 257, group });
      const [first, second] = [await runOnGpu(device, given), await runOnGpu(device, given)];
      expect(first.written.ring).toBeDefined();
      expect(second).toEqual(first);
    }
  });

  test("sums the actual rows of a partial batch only", async () => {
    const filled = [1, 32, 33, 64];
    const cases = filled.map((actual) => {
      const losses = positive(100, 1).fill(Number.NaN, actual);
      return line({ rows: 100, actual, losses, parts: 3 });
    });
    const records = await expectRecords(cases);
    expect(records.map(({ record }) => record.rows)).toEqual(filled);
  });

  test("writes the line of its step in the ring, which begins again when it is full", async () => {
    const steps = [1, 2, RING_RECORDS, RING_RECORDS + 1, 5 * RING_RECORDS + 7];
    await expectRecords(steps.map((step) => line({ rows: 5, step })));
  });

  test("counts hits exactly", async () => {
    const { record } = await expectRecord(line({ rows: 1000 }));
    expect(record.hits).toBe(334);
  });

  test("does not halt a run whose objective is finite, however large", async () => {
    const { record, control } = await expectRecord(line({ rows: 2, losses: Float32Array.of(1e38, 1e38) }));
    expect([record.halted, control.halted]).toEqual([false, 0]);
  });

  const infinity = Number.POSITIVE_INFINITY;
  const bad: [string, Given, number][] = [
    ["loss is NaN", { rows: 65, losses: positive(65, 1).fill(Number.NaN, 64) }, Number.NaN],
    ["loss is infinite", { rows: 65, losses: positive(65, 1).fill(infinity, 64) }, infinity],
    ["sum of losses overflows", { rows: 2, losses: Float32Array.of(3e38, 3e38) }, infinity],
  ];
  test.each(bad)("halts the run where the %s", async (_, given, loss) => {
    const { record, control } = await expectHalt(line(given));
    expect(record.loss).toBe(loss);
    expect([record.halted, control.halted]).toEqual([true, HALTED | RECORDED]);
  });

  test.each([Number.NaN, infinity])("halts the run where the penalty is %s", async (value) => {
    const { record, control } = await expectHalt(line({ rows: 3, parts: 2, squares: Float32Array.of(1, value) }));
    expect(record.penalty).toBe(value);
    expect([record.halted, control.halted]).toEqual([true, HALTED | RECORDED]);
  });

  test("a run that has halted stays halted", async () => {
    const { record } = await expectRecord(line({ rows: 3, halted: HALTED }));
    expect(record.halted).toBe(true);
  });

  /** Sums that are not finite cannot be compared by difference. */
  async function expectHalt(given: Case<"record">) {
    const { control, written } = await runOnGpu(device, given);
    return { control, record: decodeRecord(written.ring as Uint32Array<ArrayBuffer>, given.control?.step ?? 1) };
  }
});
