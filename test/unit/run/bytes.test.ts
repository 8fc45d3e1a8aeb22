import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { isBytes, packBytes } from "../../../src/run/bytes.ts";
import { unpackBytes } from "../../../src/run/unpack.ts";
import { expectSameBits } from "../../helpers/compare.ts";
import { refusal } from "../../helpers/refusal.ts";

const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const { fround } = Math;

describe("packBytes", () => {
  it.each([0, 1, 2, 3, 4, 5, 8])(
    "puts %i bytes behind the table of 256 values, and fills the last word with 0",
    (n) => {
      const packed = packBytes("data", all.subarray(7, 7 + n), {});
      expect(packed.length).toBe(1024 + 4 * Math.ceil(n / 4));
      expectSameBits("table", new Float32Array(packed.buffer, 0, 256), Float32Array.from(all));
      const rest = Array.from({ length: packed.length - 1024 }, (_, i) => (i < n ? 7 + i : 0));
      expect(Array.from(packed.subarray(1024))).toEqual(rest);
    },
  );

  it("rounds scale · byte + offset once, which float32 arithmetic would round more often", () => {
    const [scale, offset] = [1 / 255, -0.3];
    const packed = packBytes("data", all, { scale, offset });
    const values = unpackBytes(packed, 0, 256);
    expectSameBits(
      "values",
      values,
      Float32Array.from(all, (byte) => fround(scale * byte + offset)),
    );
    // What a GPU would make of a rounded scale and offset, with a fused multiply-add and without.
    const fused = all.map((byte) => Number(fround(fround(scale) * byte + fround(offset)) !== values[byte]));
    const apart = all.map((byte) => Number(fround(fround(fround(scale) * byte) + fround(offset)) !== values[byte]));
    expect(fused).toContain(1);
    expect(apart).toContain(1);
    expect(apart).not.toEqual(fused);
  });

  it.each([
    [Number.NaN, 0],
    [1, Number.POSITIVE_INFINITY],
    // Finite, but not 255 times.
    [1e37, 0],
    [2e36, 3e38],
  ])("refuses scale %d and offset %d", (scale, offset) => {
    expect(refusal(() => packBytes("data: inputs", all, { scale, offset }))).toBe(
      `DataError: data: inputs: got scale ${scale} and offset ${offset}, expected numbers by which scale · byte + offset is a finite float32; leave them out to take the bytes as they are.`,
    );
  });
});

describe("unpackBytes", () => {
  it("gives the values of some bytes", () => {
    const packed = packBytes("data", Uint8Array.of(0, 255, 4, 4, 9), { scale: 0.5, offset: 1 });
    expect(Array.from(unpackBytes(packed, 1, 5))).toEqual([128.5, 3, 3, 5.5]);
    expect(Array.from(unpackBytes(packed, 5, 5))).toEqual([]);
  });
});

describe("isBytes", () => {
  it("knows arrays of bytes, those of another frame too", () => {
    const foreign = runInNewContext("[new Uint8Array(2), new Uint8ClampedArray(2)]") as Uint8Array[];
    for (const bytes of [new Uint8Array(2), new Uint8ClampedArray(2), ...foreign]) expect(isBytes(bytes)).toBe(true);
  });

  it("takes nothing else for them", () => {
    for (const numbers of [[1, 2], new Int8Array(2), new Uint16Array(2), new Float32Array(2), { length: 0 }, "ab"]) {
      expect(isBytes(numbers as ArrayLike<number>)).toBe(false);
    }
  });
});
