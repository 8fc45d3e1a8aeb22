import { describe, expect, it } from "vitest";
import { ChainruleError } from "../../../src/errors.ts";
import * as surface from "../../../src/table.ts";

/** Values that plain JavaScript may give in place of any other, by their names. */
const hostile: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  NaN: Number.NaN,
  "-5": -5,
  "1.5": 1.5,
  "5e9": 5e9,
  "2^53": 2 ** 53,
  "7n": 7n,
  true: true,
  '"bogus"': "bogus",
  '"constructor"': "constructor",
  '"__proto__"': "__proto__",
  "a symbol": Symbol("s"),
  "a Map": new Map([["kind", "none"]]),
  "a Set": new Set([1]),
  "an empty list": [],
  "a list of undefined": [undefined],
  "a list of lists": [[1], [2]],
  "a list of BigInts": [1n, 2n],
  "BigInts in a typed array": new BigInt64Array(2),
  "an empty object": {},
  "an object without prototype": Object.create(null),
  "a list's length": { length: 2 ** 40 },
  "a function": () => 1,
  "a date": new Date(0),
  "a buffer": new ArrayBuffer(8),
  "a DataView": new DataView(new ArrayBuffer(8)),
};

const text = 'x,z,y\n1,2,a\n3,4,b\n5,6,a\n"7",8,b\n';
const table = surface.readCsv(text, "t.csv");
const options = { target: "y", ignore: ["z"] };
const problem = surface.problemOf(table, options);
const preparing = {
  testFraction: 0.25,
  seed: 1,
  scale: "standard",
  scaleTarget: "minmax",
  ignoreOption: "--ignore",
} as const;
const { description } = surface.prepare(problem, preparing);
const scale = { kind: "standard", shift: [1], factor: [2] } as const;
const values = new Float64Array([1, 2]);
const metadata = { [surface.descriptionKey]: JSON.stringify(description) };

type Fits = (value: unknown) => boolean;
const isText: Fits = (value) => typeof value === "string";
const isLeftOut: Fits = (value) => value === undefined;
const isCount =
  (least: number, most = 0xffffffff): Fits =>
  (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
const isFraction: Fits = (value) => typeof value === "number" && value >= 0 && value < 1;
/** No other value is right. */
const isNone: Fits = () => false;
const isEmpty: Fits = (value) => Array.isArray(value) && value.length === 0;
const or =
  (...all: readonly Fits[]): Fits =>
  (value) =>
    all.some((is) => is(value));

/** What a function is given where it works, and for each argument, or each option by its path, which other values it may be given. */
type Call = readonly [given: readonly unknown[], fits: Readonly<Record<string, Fits>>];

const tableFits = {
  "0": isNone,
  "0.file": isText,
  "0.columns": isNone,
  "0.rows": isNone,
  "0.lineOf": (v: unknown) => typeof v === "function",
};
const scaleFits = { kind: isNone, shift: isNone, factor: isNone };
const under = (path: string, fits: Readonly<Record<string, Fits>>) =>
  Object.fromEntries(Object.entries(fits).map(([key, is]) => [`${path}.${key}`, is]));

const calls: {
  readonly [K in keyof typeof surface]: (typeof surface)[K] extends (...given: never[]) => unknown ? Call : null;
} = {
  commandLine: null,
  descriptionKey: null,
  scalings: null,
  tasks: null,
  isNumber: [["1"], { "0": isText }],
  numberIn: [["1"], { "0": isText }],
  plainName: [["a"], { "0": isText }],
  quoteFile: [["a", "b"], { "0": isText, "1": isText }],
  quoteNames: [[["a"]], { "0": isEmpty }],
  quoteWord: [["a", "b"], { "0": isText, "1": isText }],
  readCsv: [[text, "t.csv"], { "0": isNone, "1": isText }],
  readDescription: [
    [metadata, "m", undefined],
    { "0": isNone, "1": isText, "2": isLeftOut, [`0.${surface.descriptionKey}`]: isNone },
  ],
  measureFit: [[values, [1, 2]], { "0": isNone, "1": isNone }],
  prepare: [
    [problem, preparing],
    {
      "0": isNone,
      "0.target": isCount(0, 2),
      "0.task": isNone,
      "0.inputs": isNone,
      "0.ignored": isEmpty,
      "0.classes": isNone,
      "1": isNone,
      "1.testFraction": isFraction,
      "1.seed": isCount(0),
      "1.scale": isNone,
      "1.scaleTarget": isNone,
      "1.ignoreOption": or(isText, isLeftOut),
      "1.unknown": isNone,
    },
  ],
  problemOf: [
    [table, options],
    { ...tableFits, "1": isNone, "1.target": isNone, "1.ignore": isEmpty, "1.task": isLeftOut, "1.tsk": isNone },
  ],
  applyScale: [[values, scale, "x"], { "0": isEmpty, "1": isNone, "2": isText, ...under("1", scaleFits) }],
  undoScale: [[values, scale], { "0": isEmpty, "1": isNone, ...under("1", scaleFits) }],
  confusionOf: [[[0, 1], [1, 1], 2], { "0": isNone, "1": isNone, "2": isCount(2, 1024) }],
  pairsOf: [[[0, 1], [1, 1], 2], { "0": isNone, "1": isNone, "2": isCount(2, 94_906_265) }],
  scoreOf: [
    [{ outputs: [1, 2, 3, 4], classes: [0, 1] }, [0, 1], description],
    {
      "0": isNone,
      "0.outputs": isNone,
      "0.classes": isLeftOut,
      "1": isNone,
      "2": isNone,
      "2.task": isNone,
    },
  ],
  splitRows: [[10, 0.2, 1], { "0": isCount(3, 1000), "1": isFraction, "2": isCount(0) }],
  trainRows: [[10, 0.2], { "0": isCount(0), "1": isFraction }],
  takeRows: [[values, 1, new Uint32Array([1])], { "0": isNone, "1": isNone, "2": isEmpty }],
  readInputs: [
    [table, ["x"], { option: "--ignore", ignored: [] }],
    { ...tableFits, "0.rows": isEmpty, "1": isEmpty, "2": isLeftOut, "2.option": isText, "2.ignored": isEmpty },
  ],
  guessTask: [[table, 2], { ...tableFits, "0.rows": isEmpty, "1": isCount(0, 2) }],
  doubtOf: [[table, "y", "classification"], { ...tableFits, "0.rows": isEmpty, "1": isNone, "2": isNone }],
  lossOf: [["regression"], { "0": isNone }],
  visible: [["a"], { "0": isText }],
  decodeText: [[new TextEncoder().encode("a"), "t.csv"], { "0": isNone, "1": isText }],
};

/** `given` with another value at a path such as `1.scale`; the object around it stays what it was. */
function replaced(given: readonly unknown[], path: string, value: unknown): unknown[] {
  const [at = "", key] = path.split(/\.(.*)/s);
  return given.map((one, index) =>
    index !== Number(at) ? one : key === undefined ? value : { ...(one as object), [key]: value },
  );
}

/** Where an error may say that it happened: in a function, or in the file that it was given. */
const places = new RegExp(`^(${Object.keys(surface).join("|")}|split|t\\.csv|m)\\b`);

const functions = Object.entries(calls).flatMap(([name, call]) => (call === null ? [] : [{ name, call }]));
const run = (name: string, given: readonly unknown[]): unknown =>
  (Reflect.get(surface, name) as (...given: readonly unknown[]) => unknown)(...given);

describe("what chainrule/table is given is checked:", () => {
  it("each of its names has a row here, and each function an entry for each argument", () => {
    expect(Object.keys(calls).sort()).toEqual(Object.keys(surface).sort());
    for (const { name, call } of functions) {
      expect(() => run(name, call[0]), name).not.toThrow();
      for (const at of call[0].keys()) expect(call[1], name).toHaveProperty([String(at)]);
    }
  });

  it.each(
    functions.flatMap(({ name, call: [given, fits] }) =>
      Object.entries(fits).map(([path, is]) => ({ name, given, path, is })),
    ),
  )("$name › $path", ({ name, given, path, is }) => {
    for (const [what, value] of Object.entries(hostile)) {
      const outcome = errorOf(() => run(name, replaced(given, path, value)));
      if (is(value)) expect.soft(outcome, `${name}(${path}: ${what}) is right`).toBeUndefined();
      else {
        expect.soft(outcome, `${name}(${path}: ${what})`).toBeInstanceOf(ChainruleError);
        if (outcome instanceof ChainruleError) expect.soft(outcome.where, `${name}(${path}: ${what})`).toMatch(places);
      }
    }
  });
});

function errorOf(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}
