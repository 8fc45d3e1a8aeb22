import * as fc from "fast-check";
import type { Reach } from "./format.ts";

/** Words that have broken readers: names of prototypes, commands of terminals and shells, letters that parsers trip over. */
export const words: readonly string[] = [
  "",
  " ",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "length",
  "\0",
  "\u001b[2J",
  "\u001b]52;c;eA==\u0007",
  "\u009b31m",
  "\u007f",
  "\u0085",
  "\u202ecod.exe",
  "\u2066",
  "\u200f",
  "\u061c",
  "\u2028",
  "\ufeff",
  "\ufffd",
  "\u00a0",
  "\ud800",
  "\udc00a",
  "é",
  "e\u0301",
  "😀",
  '"',
  '""',
  '"a"b',
  "'",
  "\\",
  "`id`",
  "$(id)",
  ";",
  ",",
  "\t",
  "\n",
  "\r",
  "\r\n",
  "a\nmodel written to x",
  "=1+1",
  "@SUM(1)",
  "-x",
  "--out",
  "../../x",
  "/dev/stdout",
  "null",
  "undefined",
  "true",
  "false",
  "NaN",
  "Infinity",
  "-Infinity",
  "inf",
  "0x10",
  "1,5",
  "1_000",
  "１",
  "[object Object]",
  "{}",
  "[]",
  "%",
  "%2C",
  "%ZZ",
  "#",
  "?",
  "&a=b",
  "+",
];

/** Numbers at the ends of what floats, words and safe integers hold. */
export const numbers: readonly string[] = [
  ...["0", "-0", "1", "-1", "2", "3", "10", "0.5", ".5", "5.", "+1", "1e0", "1E5", "1e+5", "1e-3", "007", "1.0"],
  ...["3.4e38", "3.4028235e38", "3.5e38", "-3.5e38", "1e-45", "1e-46", "1e308", "1.8e308", "1e400", "-1e400", "1e-400"],
  ...["255", "256", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296", "4294967297"],
  ...["9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740993", "18446744073709551615"],
  ...[
    "0.1",
    "0.30000000000000004",
    `0.${"1".repeat(60)}`,
    "9".repeat(320),
    `1e${"9".repeat(30)}`,
    "1e",
    "1e+",
    "-",
    ".",
  ],
];

/** What a run is made of: letters that quadratic readers go over again and again, and brackets that deep ones stack. */
const pieces = [
  " ",
  "1",
  "a",
  '"',
  '""',
  '"x',
  "[",
  '{"a":',
  "]",
  ",",
  ";",
  "\t",
  "\n",
  "\r",
  "\\",
  "\\u0000",
  "😀",
  "%",
];

/** One letter or a few many times over. */
export const runs = (reach: Reach): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...pieces),
      reach === "short"
        ? fc.integer({ min: 2, max: 400 })
        : fc.oneof(
            { weight: 40, arbitrary: fc.integer({ min: 2, max: 400 }) },
            { weight: 1, arbitrary: fc.integer({ min: 1000, max: 200_000 }) },
          ),
    )
    .map(([piece, times]) => piece.repeat(times));

/** Text that is not meant well. */
export const hostile = (reach: Reach): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...words) },
    { weight: 8, arbitrary: fc.constantFrom(...numbers) },
    { weight: 2, arbitrary: runs(reach) },
    { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
        .map((codes) => String.fromCharCode(...codes)),
    },
  );

/** A value, now and then replaced by hostile text. @param often of a hundred */
export const mostly = (usual: fc.Arbitrary<string>, reach: Reach, often: number): fc.Arbitrary<string> =>
  fc.oneof({ weight: 100 - often, arbitrary: usual }, { weight: often, arbitrary: hostile(reach) });

/** Well-meant numbers as tables and options have them. */
export const usualNumbers: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => String(n / 1000)),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
);

/** Something else, one time in ten. */
export const seldom = <T>(other: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: other });
