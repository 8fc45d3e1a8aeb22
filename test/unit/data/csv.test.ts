import { describe, expect, it } from "vitest";
import { readCsv } from "../../../src/data/csv.ts";
import { DataError } from "../../../src/errors.ts";

const read = (text: string) => readCsv(text, "data.csv");
const rows = (text: string) => [...read(text).rows];
const shown = (text: string) => {
  const { file, columns } = read(text);
  return { file, columns, rows: rows(text) };
};
const lines = (text: string) => [...read(text).rows].map((_, row) => read(text).lineOf(row));

describe("readCsv", () => {
  it("gives columns and cells as text", () => {
    expect(shown("a,b\n1,x y\n-2.5,\n")).toEqual({
      file: "data.csv",
      columns: ["a", "b"],
      rows: [
        ["1", "x y"],
        ["-2.5", ""],
      ],
    });
  });

  it.each([
    ["LF", "a,b\n1,2\n3,4\n"],
    ["CRLF", "a,b\r\n1,2\r\n3,4\r\n"],
    ["CR", "a,b\r1,2\r3,4\r"],
    ["mixed line ends and none at the last", "a,b\n1,2\r\n3,4"],
    ["a byte order mark", "\ufeffa,b\n1,2\n3,4\n"],
    ["blank lines and blanks around cells", "\n a , b\n\n1,\t2\n   \n 3,4 \n\n"],
    ["quotes around cells", '"a","b"\n"1" ,"2"\n3,"4"\n'],
  ])("reads the same table with %s", (_, text) => {
    expect(shown(text)).toEqual({
      file: "data.csv",
      columns: ["a", "b"],
      rows: [
        ["1", "2"],
        ["3", "4"],
      ],
    });
  });

  it("keeps commas, quotes and line ends within quotes", () => {
    expect(rows('a,b\n"1,2","say ""hi"""\n"two\nlines",4\n')).toEqual([
      ["1,2", 'say "hi"'],
      ["two\nlines", "4"],
    ]);
  });

  it("reads line ends within quotes as LF", () => {
    expect(rows('a\n"x\r\ny"\n')).toEqual([["x\ny"]]);
  });

  it("knows on which line each row begins", () => {
    expect(lines('\ufeffa,b\n1,2\n\n"x\ny",3\n4,5\r\n"p\r\nq","r\ns"\n6,7\n')).toEqual([2, 4, 6, 7, 10]);
  });

  it.each([
    ["nothing", ""],
    ["blank lines only", "\n \n"],
    ["a byte order mark only", "\ufeff"],
  ])("refuses a file with %s", (_, text) => {
    expect(() => read(text)).toThrow(
      "data.csv: got an empty file, expected a first line that names the columns, and rows below it; check that this is the right file.",
    );
  });

  it("refuses a table without rows", () => {
    expect(() => read("a,b\n\n")).toThrow(
      "data.csv: got a first line and no rows, expected at least one row below the names of the columns; add rows, or check that the file was written to its end.",
    );
  });

  it("refuses a row that is too short, with line and column", () => {
    const bad = () => read("a,b,c\n1,2,3\n\n4,5\n");
    expect(bad).toThrow(
      "data.csv: line 4, column 3: got a row of 2 cells, expected 3, one for each column; add what is missing.",
    );
    expect(bad).toThrow(expect.objectContaining({ line: 4, column: 3 }));
  });

  it("refuses a row that is too long, with line and column", () => {
    expect(() => read('a,b\n"x\ny",2\n1,5,3,7\n')).toThrow(
      'data.csv: line 4, column 3: got a row of 4 cells, expected 2, one for each column; remove what is too much, or put " around a cell that holds a comma.',
    );
  });

  it("refuses two columns of one name", () => {
    expect(() => read("x,y,x\n1,2,3\n")).toThrow(
      'data.csv: line 1, column 3: got "x", the name of column 1 too, expected a different name for each column; rename one of them, or add a first line with names if there is none.',
    );
  });

  it("refuses a column without a name", () => {
    expect(() => read(",y\n0,2\n")).toThrow(
      "data.csv: line 1, column 1: got a column without a name, expected a name in the first line for each column; name the column, or delete it if it only numbers the rows.",
    );
  });

  it.each([
    ["semicolons", "a;b\n1;2\n"],
    ["tabs", "a\tb\n1\t2\n"],
    ["semicolons", '"fixed acidity";"quality"\n7.4;5\n'],
    ["tabs", '"a ""b"""\t"c"\n1\t2\n'],
    ["semicolons", 'a;"b"\n1;2\n'],
  ])("refuses cells parted by %s", (what, text) => {
    expect(() => read(text)).toThrow(
      `data.csv: line 1: got cells parted by ${what}, expected cells parted by commas; save the table as CSV with commas.`,
    );
  });

  it("takes a line of nothing but quotes for an empty cell, and a blank one for none", () => {
    expect(rows('a\n0\n""\n\n2\n')).toEqual([["0"], [""], ["2"]]);
    expect(lines('a\n0\n""\n\n2\n')).toEqual([2, 3, 5]);
  });

  it("refuses a quote that is never closed, with the line of the quote", () => {
    const bad = () => read('a,b\n1,2\n\n3,"4\n5,6\n7,8\n');
    expect(bad).toThrow(
      'data.csv: line 4, column 2: got a quote that is never closed, expected a closing " before the file ends; put " around the cell and write "" for each " in it.',
    );
    expect(bad).toThrow(DataError);
    expect(bad).toThrow(expect.objectContaining({ line: 4, column: 2 }));
  });

  it("refuses text after a closing quote, with line and column of the cell", () => {
    expect(() => read('a,b,c\n1,2,3\n"x\ny",2,"3"4\n5,"6",7\n')).toThrow(
      'data.csv: line 4, column 3: got text after a closing quote, expected a comma or the line\'s end there; put " around the cell and write "" for each " in it.',
    );
  });

  it("takes a quote in the middle of a cell for a letter", () => {
    expect(rows('a\n5" pipe\n')).toEqual([['5" pipe']]);
  });

  it("reads long cells in parts that part neither two quotes nor a line end", () => {
    for (const before of [65_533, 65_534, 65_535, 65_536]) {
      for (const [written, held] of [
        ['""', '"'],
        ["\r\n", "\n"],
        ["\r", "\n"],
      ] as const) {
        const [start, end] = ["a".repeat(before), "b".repeat(70_000)];
        expect(rows(`a\n"${start}${written.repeat(3)}${end}"\n`)).toEqual([[start + held.repeat(3) + end]]);
      }
    }
    expect(rows(`a\n"${'""'.repeat(100_001)}"\n`)).toEqual([['"'.repeat(100_001)]]);
  });
});
