import { describe, expect, test } from "vitest";
import { workgroupsOf } from "../../../src/kernels/index.ts";
import { permute } from "../../../src/model/random.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, callOf, expectTwin, expectTwins } from "../../helpers/gpu.ts";

const device = await useDevice();

const NONE = 0xffffffff;

interface Place {
  readonly rows: number;
  readonly actual?: number;
  readonly dataRows: number;
  readonly start?: number;
  readonly seed?: number;
  readonly epoch?: number;
}

function order(shuffle: boolean, place: Place): Case<"sample"> {
  const { rows, actual = rows, dataRows, start = 0, seed = 0, epoch = 0 } = place;
  return {
    kernel: "sample",
    variant: { shuffle },
    dims: { rows },
    control: { rows: actual, dataRows, start, seed, epoch },
    values: { order: new Uint32Array(rows).fill(NONE) },
  };
}

describe("sample", () => {
  test.each([1, 2, 3, 4, 5, 31, 32, 33, 64, 65, 130, 1000, 65_537])(
    "shuffled › gives each of %i rows once, in the order of permute, for any seed and epoch",
    async (dataRows) => {
      const seeds = [
        [0, 0],
        [0, 1],
        [1, 0],
        [0xffffffff, 7],
        [123_456_789, 0xffffffff],
      ] as const;
      const cases = seeds.map(([seed, epoch]) => order(true, { rows: dataRows, dataRows, seed, epoch }));
      const outcomes = await expectTwins(device, cases, () => ({ order: 0 }));
      seeds.forEach(([seed, epoch], index) => {
        const got = outcomes[index]?.written.order ?? new Uint32Array();
        expect(got).toEqual(Uint32Array.from({ length: dataRows }, (_, i) => permute(i, dataRows, seed, epoch)));
        expect(new Set(got).size).toBe(dataRows);
      });
    },
  );

  test("shuffled › a batch takes its part of the epoch's order, up to the largest data set", async () => {
    const sizes = [130, 2 ** 24 - 1, 2 ** 31 + 1, 2 ** 32 - 1];
    const cases = sizes.map((dataRows) => order(true, { rows: 65, dataRows, start: dataRows - 65, seed: 9, epoch: 2 }));
    const outcomes = await expectTwins(device, cases, () => ({ order: 0 }));
    sizes.forEach((dataRows, index) => {
      const expected = Uint32Array.from({ length: 65 }, (_, i) => permute(dataRows - 65 + i, dataRows, 9, 2));
      expect(outcomes[index]?.written.order).toEqual(expected);
    });
  });

  test("unshuffled › gives the rows as they are stored, from the batch's start on", async () => {
    const { written } = await expectTwin(device, order(false, { rows: 65, dataRows: 130, start: 65, seed: 3 }), {
      order: 0,
    });
    expect(written.order).toEqual(Uint32Array.from({ length: 65 }, (_, i) => 65 + i));
  });

  test.each([true, false])("leaves the rows beyond a partial batch as they were (shuffle %s)", async (shuffle) => {
    const filled = [1, 64, 65, 99];
    const cases = filled.map((actual) => order(shuffle, { rows: 100, actual, dataRows: 100 + actual, start: 100 }));
    const outcomes = await expectTwins(device, cases, () => ({ order: 0 }));
    filled.forEach((actual, index) => {
      expect(outcomes[index]?.written.order?.slice(actual)).toEqual(new Uint32Array(100 - actual).fill(NONE));
    });
  });

  test("reaches every row when the workgroups outnumber one dimension of a grid", async () => {
    const rows = 65_535 * 64 + 65;
    const given = order(false, { rows, dataRows: rows });
    expect(workgroupsOf(callOf(given))[1]).toBeGreaterThan(1);
    await expectTwin(device, given, { order: 0 });
  });
});
