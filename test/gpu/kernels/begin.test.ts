import { describe, expect, test } from "vitest";
import { HALTED, RECORDED, RING_RECORDS } from "../../../src/kernels/control.ts";
import { permute } from "../../../src/model/random.ts";
import { between, expectTwinBetween, type Given, midst, NONE, runTwin } from "../../helpers/between.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, controlOf, type Outcome, random, runAllOnGpu, runOnGpu } from "../../helpers/gpu.ts";
import { decodeRecord } from "../../helpers/record.ts";

const device = await useDevice();

/** Asserts that calls, which run together, equal the reference. */
async function expectAllBetween(cases: readonly Case<"begin">[]): Promise<Outcome[]> {
  const outcomes = await runAllOnGpu(device, cases);
  expect(outcomes).toHaveLength(cases.length);
  cases.forEach((given, index) => {
    expectTwinBetween(given, outcomes[index] as Outcome);
  });
  return outcomes;
}

async function expectBetween(given: Case<"begin">): Promise<Outcome> {
  const outcomes = await expectAllBetween([given]);
  return outcomes[0] as Outcome;
}

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
    [1, 0],
    [3, 1],
    [31, 31],
    [32, 32],
    [33, 33],
    [255, 3],
    [256, 255],
    [257, 256],
    [1000, 257],
  ])("equals the reference over %i rows and %i parts of the penalty, however many sum", async (batch, parts) => {
    const dataRows = 2 * batch + 1;
    const moments = [{ control: {} }, { control: midst(2, batch, dataRows) }];
    await expectAllBetween(
      [32, 256].flatMap((group) => moments.map((moment) => between({ batch, dataRows, parts, group, ...moment }))),
    );
  });

  test("gives the same bits on every run", async () => {
    for (const group of [32, 256]) {
      const given = between({ batch: 1000, dataRows: 2001, parts: 257, group, control: midst(2, 1000, 2001) });
      const [first, second] = [await runOnGpu(device, given), await runOnGpu(device, given)];
      expect(first.written.ring).toBeDefined();
      expect(second).toEqual(first);
    }
  });

  test("picks the rows that the epoch's order gives", async () => {
    for (const shuffle of [true, false]) {
      const given = between({
        batch: 50,
        dataRows: 130,
        shuffle,
        control: midst(4, 50, 130),
      });
      const { written, control } = await runOnGpu(device, given);
      expect([control.epoch, control.start]).toEqual([1, 50]);
      const order = Array.from({ length: 50 }, (_, i) => (shuffle ? permute(50 + i, 130, 42, 1) : 50 + i));
      expect(Array.from(written.order ?? [])).toEqual(order);
    }
  });

  test("records the rows of the step before and begins one of another size, leaving what lies beyond", async () => {
    for (const step of [2, 3]) {
      const losses = Array.from(random(50, 1).map(Math.abs)).fill(Number.NaN, midst(step, 50, 130).rows);
      const given = between({ batch: 50, dataRows: 130, losses, control: midst(step, 50, 130) });
      const { control, written } = await expectBetween(given);
      const rows = step === 2 ? 30 : 50;
      expect(control.rows).toBe(rows);
      expect(written.order?.slice(rows)).toEqual(new Uint32Array(50 - rows).fill(NONE));
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
