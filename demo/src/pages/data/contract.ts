import type { Plan } from "chainrule";
import type { Guess, Score, Task } from "chainrule/table";
import type { Progress } from "../../worker/course.ts";
import type { DataOptions } from "./options.ts";

/** A table: a file that the user gave, or the text of one that comes with the page. */
export interface Source {
  readonly name: string;
  readonly content: Blob | string;
}

/** What a column holds: `mixed` are numbers with text, gaps or numbers too large for float32 between them. */
export type ColumnKind = "whole numbers" | "numbers" | "text" | "mixed" | "empty";

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Different cells, counted up to `MOST_DISTINCT`. */
  readonly distinct: number;
  /** Of the numbers; undefined where there are none. */
  readonly range: readonly [low: number, high: number] | undefined;
  /** The first cell that holds no number, or one too large for float32, with its line in the file; undefined where all do. */
  readonly odd: { readonly line: number; readonly cell: string } | undefined;
}

/** Different cells of a column are counted up to here. */
export const MOST_DISTINCT = 100;

export interface TableSummary {
  readonly file: string;
  readonly rows: number;
  readonly columns: readonly Column[];
}

export interface Judgement {
  readonly train: Score;
  readonly test: Score | undefined;
  /** Of a classification, over the rows to test on, or to train on if there are none: `[classes, classes]`. */
  readonly confusion: readonly number[] | undefined;
  /** Of a regression, over the same rows, thinned out: predicted numbers, ascending, and how far each is off. */
  readonly residuals: { readonly predicted: readonly number[]; readonly off: readonly number[] } | undefined;
}

export interface Status {
  /** Number of the run. */
  readonly run: number;
  readonly progress: Progress;
  readonly judgement: Judgement;
}

/** What a run is made of. */
export interface Begun {
  readonly run: number;
  readonly plan: Plan;
  readonly task: Task;
  readonly inputs: readonly string[];
  readonly classes: readonly string[];
  readonly trainRows: number;
  readonly testRows: number;
  /** Cells of the inputs of one row that is tested on, or trained on if there are none. */
  readonly example: readonly string[];
}

/** What the network makes of a row. */
export type RowPrediction =
  | { readonly task: "regression"; readonly value: number }
  | { readonly task: "classification"; readonly classNumber: number; readonly probabilities: Float32Array };

export interface DataContract {
  readonly methods: {
    /** Reads a table and looks at its columns. @throws DataError with line and column */
    read(source: Source): Promise<TableSummary>;
    /** What there is to learn of a target. @throws DataError */
    guess(target: string): Guess;
    /** Makes a network ready. @throws DataError, ModelError, DeviceError */
    begin(options: DataOptions, run: number): Promise<Begun>;
    play(): Promise<void>;
    pause(): Promise<void>;
    /** @param cells of the inputs, in their order. @throws DataError for a cell that holds no number */
    predict(cells: readonly string[]): Promise<RowPrediction>;
    /** The model, as the command line's `predict` takes it. */
    save(): Promise<Uint8Array<ArrayBuffer>>;
  };
  readonly event: { readonly kind: "status"; readonly status: Status };
}
