import { describe, expect, it } from "vitest";
import { readCsv } from "../../../src/data/csv.ts";
import type { TableDescription } from "../../../src/data/description.ts";
import { knownRows, prepare, problemOf } from "../../../src/data/problem.ts";

describe("a number that scaling takes out of float32's range", () => {
  // One of the rows to train on makes the others of column b as small as they are.
  const rows = Array.from({ length: 10 }, (_, i) => `${i},${i === 7 ? 3e38 : i / 1000},${i}`);
  const table = readCsv(`a,b,y\n\n${rows.join("\n")}\n`, "data.csv");
  const where = 'data.csv: line 10, column 2 ("b"): got ';

  it("is told by its line and column, wherever the split has put its row", () => {
    const told = Array.from({ length: 12 }, (_, seed) => {
      const problem = problemOf(table, { target: "y", task: "regression", ignore: ["a"] });
      try {
        prepare(problem, { testFraction: 0.3, seed, scale: "standard", scaleTarget: "standard" });
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    }).filter((message) => message !== undefined);
    expect(told.length).toBeGreaterThan(0);
    for (const message of told) expect(message.slice(0, where.length)).toBe(where);
  });

  it("is told by its line in a table to predict, and takes its row alone from those that are", () => {
    const { rows: known, inputs, fault } = knownRows(table, { ...description, inputScale: { ...scale, factor: [10] } });
    expect(Array.from(known)).toEqual([0, 1, 2, 3, 4, 5, 6, 8, 9]);
    expect(Array.from(inputs)).toEqual(Array.from(known, (row) => Math.fround(10 * (row / 1000))));
    expect(fault?.message.slice(0, where.length)).toBe(where);
  });
});

const scale = { kind: "standard", shift: [0], factor: [1] } as const;
const description: TableDescription = {
  inputs: ["b"],
  target: "y",
  task: "regression",
  classes: [],
  inputScale: scale,
};

describe("the rows that can be predicted", () => {
  const read = (text: string) => knownRows(readCsv(text, "data.csv"), description);

  it("are those with a number in every column of the inputs", () => {
    const { rows, inputs, fault } = read("a,b\nx,1\n,\n,2\n,n/a\n");
    expect([Array.from(rows), Array.from(inputs)]).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(fault?.message).toBe(
      'data.csv: line 3, column 2 ("b"): got an empty cell (2 of 4 cells of column "b" are no numbers), expected a number; mend the cell, or leave out its row.',
    );
    expect(read("b\n1\n").fault).toBeUndefined();
  });

  it("must be there", () => {
    expect(() => read("b\nx\ny\n")).toThrow('data.csv: line 2, column 1 ("b"): got "x" (2 of 2 cells');
  });
});

describe("a problem without a column to learn from", () => {
  const refusal = (text: string, ignore: readonly string[]) => {
    try {
      problemOf(readCsv(text, "data.csv"), { target: "y", ignore });
    } catch (error) {
      return (error as Error).message.split("; ")[1];
    }
    return "none";
  };

  it.each([
    ["names the cell that keeps a column of numbers out", "a,b,y\nx,1,2\nz,n/a,3\n", 'or mend line 3 of "b", "n/a"'],
    ["names an empty cell", "a,b,y\nx,,2\nz,4,3\n", 'or mend line 2 of "b", an empty cell'],
  ])("%s", (_, text, mend) => {
    expect(refusal(text, ["a", "b"])).toBe(`add a column of numbers, ${mend} among numbers, and do not ignore it.`);
  });

  it("asks to ignore fewer only where some are ignored", () => {
    expect(refusal("a,y\n1,2\n", ["a"])).toBe("add a column of numbers, or ignore fewer.");
    expect(refusal("y\n2\n", [])).toBe("add a column of numbers.");
  });
});
