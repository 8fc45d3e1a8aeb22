import { describe, expect, it } from "vitest";
import { columnIndex, listed } from "../../../src/data/columns.ts";
import { readCsv } from "../../../src/data/csv.ts";
import { readClasses, readInputs, readTargets } from "../../../src/data/table.ts";
import { findClasses } from "../../../src/data/task.ts";
import { DataError } from "../../../src/errors.ts";

const table = (text: string) => readCsv(text, "data.csv");

describe("readInputs", () => {
  it("gives the named columns in the order of their names and leaves the others aside", () => {
    const values = readInputs(table("c,text,a,b\n3,x,1,2\n6,y,4,5\n"), ["a", "b", "c"]);
    expect(values).toEqual(new Float64Array([1, 2, 3, 4, 5, 6]));
  });

  it.each([
    ["0", 0],
    ["-1.5", -1.5],
    ["+2", 2],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1000],
    ["-1.25E-2", -0.0125],
    ["007", 7],
    ["1700000000123", 1700000000123],
    ["3.4028234663852886e38", 3.4028234663852886e38],
    ["1e-400", 0],
  ])("reads %s", (cell, value) => {
    expect(readInputs(table(`a\n${cell}\n`), ["a"])[0]).toBe(value);
  });

  it.each([
    "NaN",
    "nan",
    "abc",
    "inf",
    "Infinity",
    "-Infinity",
    "0x10",
    "1_000",
    '"1,5"',
    "1e",
    ".",
    "-",
    "true",
    "1 2",
    "½",
    "NA",
  ])("refuses %s, with line and column", (cell) => {
    const bad = () => readInputs(table(`a,b\n1,2\n\n3,${cell}\n`), ["a", "b"]);
    expect(bad).toThrow(
      `data.csv: line 4, column 2 ("b"): got "${cell.replaceAll('"', "")}" (1 of 2 cells of column "b" is no number), expected a number; mend the cell, leave out its row, or leave out the column.`,
    );
    expect(bad).toThrow(expect.objectContaining({ line: 4, column: 2 }));
    expect(bad).toThrow(DataError);
  });

  it("refuses an empty cell", () => {
    expect(() => readInputs(table("a,b\n1,\n1,2\n"), ["a", "b"])).toThrow(
      'data.csv: line 2, column 2 ("b"): got an empty cell (1 of 2 cells of column "b" is no number), expected a number; mend the cell, leave out its row, or leave out the column.',
    );
  });

  it.each(["3.5e38", "-1e39", "1e999"])("refuses %s, which float32 cannot hold", (cell) => {
    expect(() => readInputs(table(`a\n${cell}\n`), ["a"])).toThrow(
      `data.csv: line 2, column 1 ("a"): got ${cell}, which is too large for float32, expected a number from -3.4e38 to 3.4e38; mend the cell, leave out its row, or leave out the column.`,
    );
  });

  it("names the option that leaves out the column, beside what it holds already and with all other columns of text", () => {
    const text = table("a,b,c,d\n1,x,red,u\n2,3,blue,v\n");
    const leaveOut = { option: "--ignore", ignored: ["d"] };
    const inputs = ["a", "b", "c"];
    expect(() => readInputs(text, inputs, leaveOut)).toThrow(
      'got "x" (1 of 2 cells of column "b" is no number), expected a number; mend the cell, leave out its row, or leave out such columns with --ignore d,b,c.',
    );
    expect(() => readInputs(text, ["a", "c"], leaveOut)).toThrow(
      'got "red" (2 of 2 cells of column "c" are no numbers), expected a number; leave out the column with --ignore d,c.',
    );
    const odd = table('"size, cm",y\nred,1\n');
    expect(() => readInputs(odd, ["size, cm"], { ...leaveOut, ignored: [] })).toThrow(
      `leave out the column with --ignore '"size, cm"'.`,
    );
    const hostile = table('"%a%",b\nx,1\n1,2\n');
    expect(() => readInputs(hostile, ["%a%"], { ...leaveOut, ignored: [] })).toThrow(
      /leave out the column with --ignore\.$/,
    );
  });

  it("refuses a table that lacks a column, and names it", () => {
    expect(() => readInputs(table("width,heigth\n1,2\n"), ["width", "height"])).toThrow(
      'data.csv: got columns "width", "heigth", expected a column "height"; rename the column "heigth" if it is the one.',
    );
  });

  it("takes no column of the model's own for one that is missing", () => {
    expect(() => readInputs(table("pixel01,digit\n1,2\n"), ["pixel00", "pixel01"])).toThrow(
      'data.csv: got columns "pixel01", "digit", expected a column "pixel00"; give a table with the columns that the model was trained on.',
    );
  });
});

describe("readTargets", () => {
  it("gives one number a row", () => {
    expect(readTargets(table("a,y\n0,1.5\n0,-2\n"), 1)).toEqual(new Float64Array([1.5, -2]));
  });

  it("refuses text, with line and column", () => {
    expect(() => readTargets(table("a,y\n0,1.5\n0,big\n"), 1)).toThrow(
      'data.csv: line 3, column 2 ("y"): got "big" (1 of 2 cells of column "y" is no number), expected a number; mend the cell, or leave out its row.',
    );
  });
});

describe("readClasses", () => {
  it("gives each row the number of its class", () => {
    expect(readClasses(table("y\nb\na\nb\n"), 0, ["a", "b"])).toEqual(new Uint32Array([1, 0, 1]));
  });

  it("knows a whole number by its value, and each where all classes are numbers; all else by its text", () => {
    expect(readClasses(table("y\n1.0\n2.50\n+1\n"), 0, ["1", "2.5"])).toEqual(new Uint32Array([0, 1, 0]));
    // As given, before any that is as large.
    expect(readClasses(table("y\n1.10\n1.1\n"), 0, ["1.1", "1.10"])).toEqual(new Uint32Array([1, 0]));
    expect(readClasses(table("y\n1\n1.0\na\n"), 0, findClasses(table("y\n1\n1.0\na\n"), 0))).toEqual(
      new Uint32Array([0, 0, 1]),
    );
    for (const [cell, classes] of [
      ["1.10", ["1.1", "a"]],
      ["9007199254740993", ["9007199254740992", "1"]],
    ] as const) {
      expect(() => readClasses(table(`y\n${cell}\n`), 0, classes)).toThrow(`got class "${cell}"`);
    }
  });

  it("refuses a class that the model does not know, with line and column", () => {
    expect(() => readClasses(table("y\na\nc\n"), 0, ["a", "b"])).toThrow(
      'data.csv: line 3, column 1 ("y"): got class "c", expected one of "a", "b", the classes that the model knows; mend the cell, or train on data that holds this class.',
    );
  });
});

describe("columnIndex", () => {
  const digits = table("pixel1,pixel2,digit\n0,0,0\n");

  it("finds a column by its exact name", () => {
    expect(columnIndex(digits, "digit", "target")).toBe(2);
  });

  it("refuses an unknown target, lists the columns and offers the nearest", () => {
    expect(() => columnIndex(digits, "Digits", "target")).toThrow(
      'data.csv: got target column "Digits", expected one of the columns "pixel1", "pixel2", "digit"; did you mean "digit"? Give one of these.',
    );
  });

  it("offers nothing where no name is near", () => {
    expect(() => columnIndex(digits, "species", "target")).toThrow(
      'data.csv: got target column "species", expected one of the columns "pixel1", "pixel2", "digit"; give the name of one of these columns.',
    );
  });
});

describe("listed", () => {
  it("shortens a long list in the middle", () => {
    const names = Array.from({ length: 8 }, (_, i) => `c${i}`);
    expect(listed(names, 4)).toBe('"c0", "c1", … (4 more), "c6", "c7"');
    expect(listed(names.slice(0, 4), 4)).toBe('"c0", "c1", "c2", "c3"');
  });
});
