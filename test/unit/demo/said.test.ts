import fc from "fast-check";
import { expect, it } from "vitest";
import { firstOf } from "../../../demo/src/pages/data/first-of.ts";
import { isolated, said } from "../../../demo/src/said.ts";

it("a text out of a file shows what is not seen, and of a long one the beginning", () => {
  expect(said("a\u202egnp.exe\nb\0\u200dשלום")).toBe("a\\u{202e}gnp.exe\\nb\\u{0}\u200dשלום");
  expect(said("x".repeat(1e6))).toHaveLength(251);
  // A pair is not cut through.
  expect(said("a😀b", 2)).toBe("a…");
  // Half of a pair is no letter, wherever it stands, and what has its code in the text has it once.
  expect(said(said("\ud83d a\u{e0001}"))).toBe("\\u{d83d} a\\u{e0001}");
  expect(isolated("a\u2069b", 10)).toBe("\u2068a\\u{2069}b\u2069");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.nat(300), (text, most) => {
      const shown = said(text, most);
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u);
      expect(shown.length).toBeLessThanOrEqual(10 * (most + 1));
    }),
  );
});

it("the first of many are those that sorting all of them gives", () => {
  const compare = (a: number, b: number) => Math.floor(a) - Math.floor(b);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 9, noNaN: true })), fc.nat(9), (items, most) => {
      expect(firstOf(items, most, compare)).toEqual(items.toSorted(compare).slice(0, most));
    }),
  );
});
