import fc from "fast-check";
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { readCsv } from "../../../src/data/csv.ts";
import { namesIn } from "../../../src/data/record.ts";
import { ChainruleError, DataError } from "../../../src/errors.ts";

/**
 * Papa Parse reads the same text, by the rules that readCsv promises: LF for other line ends, no blanks around cells, no blank lines.
 * @returns undefined where a quote is broken
 */
function byPapa(source: string): string[][] | undefined {
  const text = source.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const records: string[][] = [];
  let [start, broken] = [0, false];
  Papa.parse<string[]>(text, {
    delimiter: ",",
    newline: "\n",
    step: ({ data, errors, meta }) => {
      broken ||= errors.length > 0;
      if (data.length > 1 || text.slice(start, meta.cursor).trim() !== "")
        records.push(data.map((cell) => cell.trim()));
      start = meta.cursor;
    },
  });
  return broken ? undefined : records;
}

/** What readCsv makes of a text; undefined where it refuses it. */
function read(text: string): string[][] | undefined {
  try {
    const { columns, rows } = readCsv(text, "t.csv");
    return [columns, ...rows].map((cells) => [...cells]);
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return undefined;
  }
}

/** Whether records are a table. */
function isTable([header = [], ...rows]: readonly string[][]): boolean {
  const named = header.length > 0 && !header.includes("") && new Set(header).size === header.length;
  const parted = header.length === 1 && /^ *(?:"(?:[^"]|"")*"|[^",;\t\n]*) *[;\t]/.test(header[0] ?? "");
  return named && !parted && rows.length > 0 && rows.every((cells) => cells.length === header.length);
}

const letters = fc.constantFrom(..."ab1.-é\u{1f600}", ",", '"', "\n", "\r", "\r\n", " ", "\t", ";", "\u00a0");
const cell = fc.string({ unit: letters, maxLength: 6 });

/** A well-formed table, each cell written in one of the ways there are. */
const table = fc
  .record({ width: fc.integer({ min: 1, max: 4 }), newline: fc.constantFrom("\n", "\r\n", "\r"), mark: fc.boolean() })
  .chain(({ width, newline, mark }) =>
    fc
      .array(
        fc.array(fc.tuple(cell, fc.boolean(), fc.constantFrom("", " ", "  ", "\t")), {
          minLength: width,
          maxLength: width,
        }),
        {
          minLength: 2,
          maxLength: 6,
        },
      )
      .map((rows) => {
        const lines = rows.map((cells, row) =>
          cells.map(([text, quoted, blank], column) => {
            const name = row === 0 ? `${column}${text}` : text;
            return quoted || /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"${blank}` : `${name}${blank}`;
          }),
        );
        return `${mark ? "\ufeff" : ""}${lines.map((line) => line.join(",")).join(newline)}${newline}`;
      }),
  );

describe("readCsv reads as Papa Parse does", () => {
  it("what is well-formed", () => {
    let whole = 0;
    fc.assert(
      fc.property(table, (text) => {
        const expected = byPapa(text);
        expect(expected).toBeDefined();
        if (expected && isTable(expected)) whole += 1;
        expect(read(text)).toEqual(expected && isTable(expected) ? expected : undefined);
      }),
      { numRuns: 1000 },
    );
    expect(whole).toBeGreaterThan(500);
  });

  it("any text at all, and refuses what Papa Parse finds a broken quote in", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: letters, maxLength: 30 }),
        fc.string({ unit: letters, maxLength: 12 }),
        (rest, name) => {
          // Papa Parse takes no blanks between a quote and the text's end; readCsv takes them as those before a line's end.
          const text = `${name}${rest}`.trimEnd();
          const expected = byPapa(text);
          expect(read(text)).toEqual(expected && isTable(expected) ? expected : undefined);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("names, too", () => {
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 20 }), (given) => {
        const text = given.trimEnd();
        expect(namesIn(text)).toEqual(
          byPapa(text)
            ?.flat()
            .filter((name) => name !== ""),
        );
      }),
      { numRuns: 1500 },
    );
  });
});

it("tells line and column of each row as they are counted one by one", () => {
  fc.assert(
    fc.property(table, (text) => {
      try {
        const { rows, lineOf } = readCsv(text, "t.csv");
        const ends = text.replace(/\r\n?/g, "\n");
        const places = [...rows].map((_, row) => lineOf(row));
        expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
        expect(places.at(-1)).toBeLessThanOrEqual(ends.split("\n").length);
        expect([...rows.entries()].map(([row, cells]) => [row, [...cells]])).toEqual(
          [...rows].map((cells, row) => [row, [...cells]]),
        );
        expect(rows.at(-1)).toEqual([...rows].at(-1));
        expect([rows.at(rows.length), rows.at(-rows.length - 1), rows.at(Number.NaN), lineOf(rows.length)]).toEqual([
          undefined,
          undefined,
          undefined,
          0,
        ]);
      } catch (error) {
        if (!(error instanceof ChainruleError)) throw error;
      }
    }),
    { numRuns: 200 },
  );
});
