import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { figure, numbersIn } from "../../../demo/src/format.ts";

const NARROW = "\u202f";

it.each([
  [0, "0"],
  [0.5, "0.5000"],
  [-7.65432, "-7.654"],
  [999.96, "1000"],
  [9999.6, "10000"],
  [12_345, "12350"],
  [345_678, "345700"],
  [-123_456_789, "-123500000"],
  [1.23456e9, "1.235e+9"],
  [0.00123456, "0.001235"],
  [0.000123456, "1.235e-4"],
  [Number.NaN, "NaN"],
])("figure › tells %d by four digits, %s, as prices are read where it is not very long", (value, text) => {
  expect(figure(value)).toBe(text);
});

it.each([
  ["en", ["12,345", "12.3K", "97.3 %", "0.5000", "0.03", "0.30", "1.2e-5", "12,500", "1e-5", "4.0 GiB"]],
  ["de-DE", ["12.345", "12,3K", "97,3 %", "0,5000", "0,03", "0,30", "1,2e-5", "12.500", "1e-5", "4,0 GiB"]],
  [
    "fr-FR",
    [`12${NARROW}345`, "12,3K", "97,3 %", "0,5000", "0,03", "0,30", "1,2e-5", `12${NARROW}500`, "1e-5", "4,0 GiB"],
  ],
  // With the digits that are typed, and a point as its decimal sign then.
  ["ar-EG", ["12,345", "12.3K", "97.3 %", "0.5000", "0.03", "0.30", "1.2e-5", "12,500", "1e-5", "4.0 GiB"]],
])("%s › has all numbers written one way, marks of axes too", (tag, texts) => {
  const { count, compact, percent, figure, plain, fixed, scientific, mark, local } = numbersIn(tag);
  const bytes = local("4.0 GiB");
  expect([
    count(12_345),
    compact(12_345),
    percent(0.973),
    figure(0.5),
    plain(0.03),
    fixed(0.3, 2),
    scientific(1.234e-5),
    mark(12_500),
    mark(1.0000001e-5),
    bytes,
  ]).toEqual(texts);
});

describe("what was typed", () => {
  it.each([
    ["en", "0.03", "0.03"],
    ["en", " -1.5e-3 ", "-1.5e-3"],
    ["en", ".5", ".5"],
    ["en", "1 234 567.5", "1234567.5"],
    ["en", "0,03", undefined],
    ["en", "1,000", undefined],
    ["en", "1,000.5", undefined],
    ["de-DE", "0.03", "0.03"],
    ["de-DE", "0,03", "0.03"],
    ["de-DE", "12,345", "12.345"],
    ["de-DE", "1 000,5", "1000.5"],
    ["de-DE", "1.000", undefined],
    ["de-DE", "-12.500", undefined],
    ["de-DE", "0.125", "0.125"],
    ["de-DE", "1.000,5", undefined],
    ["de-DE", "1,2,3", undefined],
    ["de-CH", "1’000.5", "1000.5"],
    ["fr-FR", `1${NARROW}234,5`, "1234.5"],
    ["en", "", undefined],
    ["en", "x", undefined],
    ["en", "1 2", undefined],
    ["en", "0x10", undefined],
  ])("%s › “%s” is %s", (tag, text, number) => {
    expect(numbersIn(tag).typed(text)).toBe(number);
  });

  it("is read as it was written", () => {
    for (const tag of ["en", "de-DE", "fr-FR", "sv-SE", "ar-EG", "de-CH", "pt-BR"]) {
      const { plain, count, typed } = numbersIn(tag);
      for (const value of [0.03, 12.345, 1.5, 1234.5]) expect([tag, Number(typed(plain(value)))]).toEqual([tag, value]);
      // But for those whose sign between thousands is another's decimal sign.
      const thousand = typed(count(1000));
      expect([undefined, "1000"]).toContain(thousand);
    }
  });
});

it("nothing else of the demo writes a number", () => {
  const root = fileURLToPath(new URL("../../../demo/src/", import.meta.url));
  const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => /\.tsx?$/.test(path));
  // Rounding is no writing.
  const own = /(?<!\bNumber\([\w.]+)\.to(?:Fixed|Precision|Exponential|LocaleString)\(|\bIntl\.|\bformatBytes\b/;
  const others = sources.filter((path) => own.test(readFileSync(`${root}${path}`, "utf8")));
  expect(others.sort()).toEqual(["bytes.ts", "format.ts", "locale.ts"]);
});
