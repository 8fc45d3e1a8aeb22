import { describe, expect, it } from "vitest";
import { ChainruleError } from "../../../src/errors.ts";
import {
  applyScale,
  descriptionKey,
  doubtOf,
  guessTask,
  numberIn,
  pairsOf,
  prepare,
  problemOf,
  quoteNames,
  readCsv,
  readDescription,
  readInputs,
  type Table,
  tasks,
} from "../../../src/table.ts";
import { expectGrowth } from "../../helpers/linear.ts";
import { type Steps, stepsOf } from "../../helpers/steps.ts";

const counted = (count: number, of: (i: number) => string, between = "\n") =>
  Array.from({ length: count }, (_, i) => of(i)).join(between);

/** Text that is n letters long or has n of what is named, as the worst of its kind. */
const texts: Readonly<Record<string, (n: number) => string>> = {
  "rows of numbers": (n) => `x,y\n${counted(n, (i) => `${i % 7},${i % 5}.5`)}\n`,
  "rows, of which the last is text": (n) => `x,z,y\n${counted(n, (i) => `${i % 7},0,${i % 2}`)}\nn/a,0,1\n`,
  "rows, of which the last is short": (n) => `x,y\n${"1,2\n".repeat(n)}1\n`,
  "digits and a letter": (n) => `x,y\n${"1".repeat(n)}x,1\n2,${"1".repeat(n)}x\n`,
  "digits after a point": (n) => `x,y\n1,1\n2,.${"1".repeat(n)}e${"1".repeat(n)}x\n`,
  "blanks before a broken quote": (n) => `${" ".repeat(n)},"a"b\n`,
  "blanks in the only column's name": (n) => `a${" ".repeat(n)}b\n1\n2\n`,
  "blanks after a quote": (n) => `x,y\n${'"1"  '.padEnd(40)},2\n"1",2${" ".repeat(n)}\n"1","2"${" ".repeat(n)}`,
  "blanks after quotes, line by line": (n) => `x,y\n${`1,"2"${" ".repeat(20)}\n`.repeat(n / 20)}`,
  "blanks that are no end": (n) => `x,y\n${'1,"2"'.padEnd(n)}z\n`,
  "doubled quotes": (n) => `x,y\n"${'""'.repeat(n)}",1\n"${'""'.repeat(n)}",2\n`,
  "doubled quotes in the first name": (n) => `"${'""'.repeat(n)}";b\n1;2\n`,
  "quotes in a cell that has none": (n) => `x,y\na${'"'.repeat(n)},1\n2,2\n`,
  "broken quotes": (n) => `x,y\n1,"${'"x'.repeat(n)}`,
  "broken quotes before blanks": (n) => `x,y\n1,"${'"x'.repeat(n)}${" ".repeat(n)}\n2,1\n`,
  "a quote that is never closed": (n) => `x,y\n1,"${"x,\n".repeat(n)}`,
  "ends of lines": (n) => "\r".repeat(n),
  "ends of lines between rows": (n) => `x,y${"\r".repeat(n)}1,2${"\n".repeat(n)}2,1`,
  "ends of lines in quotes": (n) => `x,y\n"${"\r\n".repeat(n)}a",1\n2,2\n`,
  "blank lines": (n) => `x,y\n${" \n".repeat(n)}`,
  columns: (n) => `${counted(n, (i) => `c${i}`, ",")}\n${"1,".repeat(n - 1)}1\n${"2,".repeat(n - 1)}2\n`,
  "columns of text": (n) => `${counted(n, (i) => `c${i}`, ",")}\n${"a,".repeat(n - 1)}1\n${"a,".repeat(n - 1)}2\n`,
  "columns of one name": (n) => `${counted(n, (i) => `c${i % (n - 1)}`, ",")}\n`,
  "a row of many cells": (n) => `x,y\n${",".repeat(n)}\n`,
  "a name's letters": (n) => `${"n".repeat(n)}a,${"n".repeat(n)}b\n1,2\n2,1\n`,
  classes: (n) => `x,y\n${counted(n, (i) => `${i},${(((i >> 1) * 7919) % n).toString(36)}q`)}\n`,
  "classes of whole numbers": (n) => `x,y\n${counted(n, (i) => `${i % 9},${i >> 1}.0`)}\n`,
  "classes' letters": (n) => `x,y\n${counted(8, (i) => `${i},${"n".repeat(n)}${i % 4}`)}\n`,
  "as many classes as rows": (n) => `x,y\n${counted(n, (i) => `${i},id-${i}`)}\n`,
};

const preparing = {
  testFraction: 0.25,
  seed: 1,
  scale: "standard",
  scaleTarget: "standard",
  ignoreOption: "--ignore",
} as const;

/** All that is done with a table, whatever it refuses. */
function useText(text: string): void {
  let table: Table | undefined;
  attempt(() => {
    table = readCsv(text, "t.csv");
  });
  if (table === undefined) return;
  const { columns } = table;
  const given = table;
  const target = columns.at(-1) ?? "";
  const others = columns.slice(0, -1);
  attempt(() => guessTask(given, columns.length - 1));
  attempt(() => readInputs(given, columns, { option: "--ignore", ignored: [] }));
  attempt(() => problemOf(given, { target, ignore: others }));
  for (const task of tasks) {
    attempt(() => doubtOf(given, target, task));
    attempt(() => {
      const problem = problemOf(given, { target, ignore: [], task });
      const { train, description } = prepare(problem, preparing);
      readDescription({ [descriptionKey]: JSON.stringify(description) }, "m");
      applyScale(readInputs(given, description.inputs), description.inputScale, "t.csv");
      if (task === "classification") pairsOf(train.targets, train.targets.toReversed(), problem.classes.length);
    });
  }
}

function attempt(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof ChainruleError)) throw error;
  }
}

/** Fails unless steps and bytes grow as the input does, and a letter takes no more than so many steps. */
function expectLinear(work: (n: number) => Steps, lettersOf: (n: number) => number, n: number): void {
  const all = [n, 2 * n, 4 * n].map(work);
  const steps = all.map((one) => one.steps);
  // Had nothing been counted, nothing would grow; what stops at its first fault does not.
  expect(steps[0]).toBeGreaterThan(0);
  expectGrowth(n, steps, "steps");
  expectGrowth(
    n,
    all.map((one) => one.bytes),
    "bytes",
    20 * 1024,
  );
  expect(steps[2]).toBeLessThan(MOST_STEPS * lettersOf(4 * n));
}

/** Steps a letter, of all that is done with a table. */
const MOST_STEPS = 250;

describe("work grows as the input does:", () => {
  it.each(Object.entries(texts))("%s", (_, textOf) => {
    expectLinear(
      (n) => stepsOf(() => useText(textOf(n))),
      (n) => textOf(n).length,
      2000,
    );
  });

  it("a number's digits", () => {
    expectLinear(
      (n) => stepsOf(() => numberIn(`${"1".repeat(n)}x`)),
      (n) => n,
      2000,
    );
  });

  it("names in a command", () => {
    expectLinear(
      (n) => stepsOf(() => quoteNames(Array.from({ length: n }, (_, i) => `a"${i}`))),
      (n) => n,
      2000,
    );
  });

  it("a description's text", () => {
    const each = <T>(n: number, one: T): T[] => Array.from({ length: n }, () => one);
    const whole = (n: number) => ({
      inputs: Array.from({ length: n }, (_, i) => `"${i}`),
      target: "y",
      task: "regression",
      classes: [],
      inputScale: { kind: "none", shift: each(n, 0), factor: each(n, 1) },
      targetScale: { kind: "none", shift: [0], factor: [1] },
    });
    // Seen when all else has been: one field is there twice.
    const damaged = (n: number) => JSON.stringify(whole(n)).replace("{", '{"target":"x",');
    const read = (n: number) => attempt(() => readDescription({ [descriptionKey]: damaged(n) }, "m"));
    expectLinear(
      (n) => stepsOf(() => read(n)),
      (n) => damaged(n).length,
      2000,
    );
  });
});

describe("expectGrowth", () => {
  it("sees what grows by the square where most does not", () => {
    const work = [200, 400, 800].map((n) => 1000 * n + n ** 2);
    // By the whole alone it would pass.
    expect((work[1] ?? 0) / (work[0] ?? 1)).toBeLessThan(2.6);
    expect(() => expectGrowth(200, work, "work")).toThrow("work of 200, 400 and 800: 240000, 560000, 1440000");
  });
});

describe("stepsOf", () => {
  it("sees what is not linear", () => {
    const ratio = (run: (text: string) => unknown) =>
      stepsOf(() => run("1".repeat(400))).steps / stepsOf(() => run("1".repeat(200))).steps;
    expect(ratio((text) => /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text))).toBeGreaterThan(3.9);
    expect(ratio((text) => Array.from(text, (_, i) => text.slice(i).trim()))).toBeGreaterThan(3.9);
    expect(ratio((text) => Array.from(text, (_, i) => text.indexOf("x", i)))).toBeGreaterThan(3.9);
    expect(ratio((text) => Array.from(text, (_, i) => [...text].indexOf("x", i)))).toBeGreaterThan(3.9);
    expect(ratio((text) => text.replace(/\r\n?/g, "\n").trim().split(","))).toBeLessThan(2.1);
  });

  it("counts the bytes of typed arrays", () => {
    expect(stepsOf(() => [new Float64Array(10), new Uint32Array([1, 2]), new Float32Array(3).subarray(1)]).bytes).toBe(
      100,
    );
  });
});
