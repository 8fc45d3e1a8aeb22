import { expect, test } from "vitest";
import { expectSameBits, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, random, randomIntegers, runAllOnGpu, runOnGpu } from "../../helpers/gpu.ts";

const device = await useDevice();

function gather(data: Words, columns: number, rows: number, actual = rows): Case<"gatherRows"> {
  return {
    kernel: "gatherRows",
    variant: {},
    dims: { rows, columns },
    control: { rows: actual },
    values: {
      order: randomIntegers(rows, 4, data.length / columns),
      data,
      batch: data instanceof Uint32Array ? new Uint32Array(rows * columns) : new Float32Array(rows * columns),
    },
  };
}

/** What the rows are, moved as words: the twin's numbers would lose the payload of a NaN. */
function expected({ values, dims, control }: Case<"gatherRows">): Words {
  const { order, data, batch } = values as { order: Words; data: Words; batch: Words };
  const words = new Uint32Array(batch.slice().buffer);
  const source = new Uint32Array(data.slice().buffer);
  for (let i = 0; i < (control?.rows ?? 0); i++) {
    const first = (order[i] ?? 0) * dims.columns;
    words.set(source.slice(first, first + dims.columns), i * dims.columns);
  }
  return words;
}

const run = async (given: Case<"gatherRows">) => (await runOnGpu(device, given)).written.batch ?? new Uint32Array();

test.each([
  [1, 1, 1],
  [130, 1, 63],
  [130, 1, 64],
  [130, 1, 65],
  [19, 33, 17],
  [33, 17, 19],
  [7, 129, 100],
])(
  "gatherRows › moves the bits of f32 and u32 exactly, out of %i rows of %i columns into %i",
  async (all, columns, rows) => {
    for (const data of [random(all * columns, 1), randomIntegers(all * columns, 2, 2 ** 32)]) {
      const given = gather(data, columns, rows);
      expectSameBits("batch", await run(given), expected(given));
    }
  },
);

test("gatherRows › keeps NaN payloads, signed zeros, infinities and subnormal numbers", async () => {
  const words = Uint32Array.of(0x7fc12345, 0xffc54321, 0x7f812345, 0x80000000, 0x7f800000, 0xff800000, 1, 0x807fffff);
  for (const data of [words, new Float32Array(words.buffer.slice(0))]) {
    const given = gather(data, 2, 33);
    expectSameBits("batch", await run(given), expected(given));
  }
});

test("gatherRows › leaves the rows beyond a partial batch as they were", async () => {
  const filled = [1, 16, 32];
  const cases = filled.map((actual) => gather(randomIntegers(50 * 19, 3, 2 ** 32), 19, 33, actual));
  const outcomes = await runAllOnGpu(device, cases);
  filled.forEach((actual, index) => {
    const got = outcomes[index]?.written.batch ?? new Uint32Array();
    expectSameBits("batch", got, expected(cases[index] as Case<"gatherRows">));
    expect(got.slice(actual * 19)).toEqual(new Uint32Array((33 - actual) * 19));
  });
});
