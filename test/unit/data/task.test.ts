import { describe, expect, it } from "vitest";
import { readCsv } from "../../../src/data/csv.ts";
import { doubtOf, findClasses, guessTask, type Task } from "../../../src/data/task.ts";

const column = (cells: readonly (string | number)[]) =>
  readCsv(`x,y\n${cells.map((cell) => `0,${cell}\n`).join("")}`, "data.csv");
const guess = (cells: readonly (string | number)[]) => guessTask(column(cells), 1);
const counted = (rows: number, values: number) => Array.from({ length: rows }, (_, i) => i % values);

describe("guessTask", () => {
  it("takes text for classes", () => {
    expect(guess(["a", "b", "c"])).toEqual({ task: "classification", reason: "3 different texts" });
  });

  it("takes numbers with a fraction for numbers", () => {
    expect(guess([1, 1, 1.5])).toEqual({ task: "regression", reason: "numbers with a fraction" });
  });

  it("counts one value on one row in the singular", () => {
    expect(guess(["5"]).reason).toBe("1 whole number on 1 row");
    expect(guess(["a", "a"]).reason).toBe("1 text");
  });

  it("takes up to 20 different whole numbers for classes", () => {
    expect(guess(counted(40, 20))).toEqual({
      task: "classification",
      reason: "20 different whole numbers on 40 rows",
    });
    expect(guess(counted(42, 21)).task).toBe("regression");
  });

  it("takes whole numbers for classes only where each is on two rows on average", () => {
    expect(guess(counted(4, 2)).task).toBe("classification");
    expect(guess(counted(3, 2)).task).toBe("regression");
  });

  it("takes 1.0 for a whole number", () => {
    expect(guess(["1.0", "2.0", "1.0", "2.0"]).task).toBe("classification");
  });

  it("refuses a text among numbers, with line and column", () => {
    expect(() => guess([1.5, 2.5, "n/a", 3])).toThrow(
      'data.csv: line 4, column 2 ("y"): got "n/a" in a column that holds numbers elsewhere (1 of 4 cells of column "y" is no number), expected a target of numbers only, or of text only; mend the cell, or choose the task classification, which takes both for names of classes.',
    );
  });

  it("refuses a number among texts, with line and column", () => {
    expect(() => guess(["a", 7, "b"])).toThrow(
      'data.csv: line 3, column 2 ("y"): got "7" in a column that holds text elsewhere (1 of 3 cells of column "y" is a number),',
    );
  });

  it("refuses an empty cell, with line and column", () => {
    expect(() => guess(["a", "", "b"])).toThrow(
      'data.csv: line 3, column 2 ("y"): got an empty cell (1 of 3 cells of column "y" is empty), expected a value of the target on every row; fill the cell in, or leave out its row.',
    );
  });
});

describe("findClasses", () => {
  const classes = (cells: readonly (string | number)[]) => findClasses(column(cells), 1);

  it("sorts numbers as numbers", () => {
    expect(classes([10, 9, -1, 2, 10])).toEqual(["-1", "2", "9", "10"]);
  });

  it("takes one whole number for one class however it is written, and names it by the shortest", () => {
    expect(classes(["1.0", 2, 1, "1e0"])).toEqual(["1", "2"]);
    expect(classes(["1.1", "1.10"])).toEqual(["1.1", "1.10"]);
    expect(guess(["1", "1.0", "2", "2.0"])).toEqual({
      task: "classification",
      reason: "2 different whole numbers on 4 rows",
    });
  });

  it("sorts text by code point, whatever the machine's language", () => {
    expect(classes(["b", "ä", "B", "a", "10", "9", "\u{1f600}", "\uffee", "aa"])).toEqual([
      "10",
      "9",
      "B",
      "a",
      "aa",
      "b",
      "ä",
      "\uffee",
      "\u{1f600}",
    ]);
  });

  it("refuses one class only", () => {
    expect(() => classes(["yes", "yes"])).toThrow(
      'data.csv: column 2 ("y"): got one class only, "yes" on every row, expected at least two classes; add rows of other classes, or choose another target.',
    );
  });

  it("refuses an empty cell", () => {
    expect(() => classes(["yes", ""])).toThrow(
      'data.csv: line 3, column 2 ("y"): got an empty cell (1 of 2 cells of column "y" is empty),',
    );
  });
});

describe("doubtOf", () => {
  const doubt = (cells: readonly (string | number)[], task: Task) => doubtOf(column(cells), "y", task)?.message;

  it("is of a class for more than half of the rows, as an id or a text has", () => {
    expect(doubt(["a", "b", "c", "c"], "classification")).toBe(
      'data.csv: column 2 ("y"): got more than 2 classes on 4 rows, expected at most half as many classes as rows; choose another target, unless this is the one.',
    );
    expect(doubt(["a", "b", "a", "b"], "classification")).toBeUndefined();
    expect(doubt(["1", "1.0", "2", "2"], "classification")).toBeUndefined();
  });

  it("is of numbers that count the rows", () => {
    const rows = Array.from({ length: 30 }, (_, row) => row + 7);
    expect(doubt(rows, "regression")).toContain(
      "got the numbers from 7 on, one for each row in turn, expected numbers",
    );
    expect(doubt(rows.toReversed(), "regression")).toBeUndefined();
    expect(doubt(rows.slice(10), "regression")).toBeUndefined();
    expect(doubt([...rows, 7], "regression")).toBeUndefined();
  });
});
