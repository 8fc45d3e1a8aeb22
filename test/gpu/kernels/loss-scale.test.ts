import { describe, expect, test } from "vitest";
import {
  type ControlValues,
  HALTED,
  INITIAL_LOSS_SCALE,
  initialControl,
  LARGEST_LOSS_SCALE,
  LOSS_SCALE_STEPS,
  RECORD_WORDS,
  RECORDED,
  RING_RECORDS,
  SKIPPED,
} from "../../../src/kernels/control.ts";
import { adam } from "../../../src/model/optimizer.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, controlOf, runOnCpu, runOnGpu } from "../../helpers/gpu.ts";
import { decodeRecord } from "../../helpers/record.ts";

const device = await useDevice();

const optimizer = adam({ learningRate: 0.5 });
const lossScale = INITIAL_LOSS_SCALE;

/** What stands between two steps of f16 training: 2 rows, each with a loss of 1. */
const between = (
  fields: Partial<ControlValues>,
  rest: { readonly closing?: boolean; readonly half?: boolean } = {},
) => {
  const { closing = false, half = true } = rest;
  const given: Case<"begin"> = {
    kernel: "begin",
    variant: { schedule: "constant", decay: "per-batch", penalty: false, group: 32, shuffle: false, closing, half },
    dims: { rows: 2, parts: 0 },
    // Sums and rates that float32 has exactly.
    control: {
      ...initialControl({ optimizer, dataRows: 2, batch: 2, seed: 0 }),
      ...{ beta1: 0.5, beta2: 0.75, rest1: 0.5, rest2: 0.25, correction1: 0.5, correction2: 0.25 },
      ...fields,
    },
    values: {
      ring: new Uint32Array(RECORD_WORDS * RING_RECORDS),
      scores: Float32Array.of(1, 0, 1, 0),
      ...(closing ? {} : { order: new Uint32Array(2) }),
    },
  };
  return given;
};

describe("the loss scale between two steps", () => {
  test.each([
    ["before the first step", { step: 0 }, lossScale],
    ["after a step", { step: 7 }, lossScale],
    ["after a skipped step", { step: 7, halted: SKIPPED }, lossScale / 2],
    ["after a thousand steps", { step: LOSS_SCALE_STEPS }, 2 * lossScale],
    ["after a thousand steps, the last one skipped", { step: LOSS_SCALE_STEPS, halted: SKIPPED }, lossScale / 2],
    ["at its largest", { step: 3 * LOSS_SCALE_STEPS, lossScale: LARGEST_LOSS_SCALE }, LARGEST_LOSS_SCALE],
    ["at 2", { step: 7, halted: SKIPPED, lossScale: 2 }, 1],
  ])("is the reference's %s", async (_, fields, expected) => {
    const given = between(fields);
    const { control, written } = await runOnGpu(device, given);
    expect(control).toEqual(controlOf(runOnCpu(given).control));
    expect(control).toMatchObject({ step: fields.step + 1, halted: 0, lossScale: expected });
    const skipped = "halted" in fields;
    if (fields.step > 0) {
      const record = decodeRecord(written.ring as Uint32Array<ArrayBuffer>, fields.step);
      expect(record).toMatchObject({ step: fields.step, halted: false, skipped, loss: 2 });
    }
    // They count updates: those of a skipped step are the next one's.
    expect([control.correction1, control.correction2]).toEqual(skipped ? [0.5, 0.25] : [0.75, 0.4375]);
  });

  test("closing records a skipped step and leaves it to the next to go on", async () => {
    const given = between({ step: 7, halted: SKIPPED }, { closing: true });
    const { control, written } = await runOnGpu(device, given);
    expect(control).toEqual(controlOf(given.control));
    expect(decodeRecord(written.ring as Uint32Array<ArrayBuffer>, 7)).toMatchObject({ halted: false, skipped: true });
  });

  test.each([
    ["a step is skipped at a loss scale of 1", { halted: SKIPPED, lossScale: 1 }],
    ["an activation was out of range", { halted: HALTED }],
    ["both an activation and a delta were", { halted: HALTED | SKIPPED }],
  ])("the run halts where %s", async (_, fields) => {
    for (const closing of [true, false]) {
      const given = between({ step: 7, ...fields }, { closing });
      const { control, written } = await runOnGpu(device, given);
      expect(control).toEqual(controlOf({ ...given.control, halted: HALTED | RECORDED }));
      expect(control).toEqual(controlOf(runOnCpu(given).control));
      expect(decodeRecord(written.ring as Uint32Array<ArrayBuffer>, 7)).toMatchObject({ halted: true, skipped: false });
    }
  });

  test("training in f32 has none", async () => {
    const given = between({ step: LOSS_SCALE_STEPS }, { half: false });
    expect((await runOnGpu(device, given)).control.lossScale).toBe(lossScale);
  });
});
