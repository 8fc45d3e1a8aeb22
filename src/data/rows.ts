import { cellsFrom } from "./record.ts";

/** Rows of cells, as an array of arrays has them. */
export interface Rows extends Iterable<readonly string[]> {
  readonly length: number;
  at(row: number): readonly string[] | undefined;
  entries(): Iterable<[row: number, cells: readonly string[]]>;
}

/** A CSV file as text, row by row. */
export interface Table {
  /** Name of the file, for error messages. */
  readonly file: string;
  readonly columns: readonly string[];
  /** Cells `[rows][columns]`, as many in every row as there are columns; an array of arrays, or what is gone through like one. */
  readonly rows: Rows;
  /** Line of the file on which row 0, 1, … begins; lines count from 1, the header's included. */
  lineOf(row: number): number;
}

/**
 * The rows of a text, of which nothing is kept but where they begin: 8 bytes each, out of V8's heap, whose greatest size a table of
 * short cells would reach at a tenth of the longest text. The cells of a row are read whenever they are asked for, so go through a
 * table row by row, not column by column.
 */
export class TextRows implements Rows {
  readonly #text: string;
  readonly #columns: number;
  /** Where each row begins, and on which line. */
  #places = new Uint32Array(2048);
  #length = 0;

  constructor(text: string, columns: number) {
    this.#text = text;
    this.#columns = columns;
  }

  add(start: number, line: number): void {
    const at = 2 * this.#length++;
    if (at === this.#places.length) {
      const more = new Uint32Array(2 * at);
      more.set(this.#places);
      this.#places = more;
    }
    this.#places[at] = start;
    this.#places[at + 1] = line;
  }

  get length(): number {
    return this.#length;
  }

  at(row: number): string[] | undefined {
    const from = row < 0 ? row + this.#length : row;
    if (!(from >= 0 && from < this.#length)) return undefined;
    return cellsFrom(this.#text, this.#places[2 * Math.trunc(from)] ?? 0, this.#columns);
  }

  /** Line of the file on which a row begins. */
  lineOf(row: number): number {
    return row < this.#length ? (this.#places[2 * row + 1] ?? 0) : 0;
  }

  *[Symbol.iterator](): Generator<string[]> {
    for (const [, cells] of this.entries()) yield cells;
  }

  *entries(): Generator<[row: number, cells: string[]]> {
    for (let row = 0; row < this.#length; row++) {
      yield [row, cellsFrom(this.#text, this.#places[2 * row] ?? 0, this.#columns)];
    }
  }
}
