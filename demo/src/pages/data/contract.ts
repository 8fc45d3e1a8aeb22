import type { Plan } from "chainrule";
import type { Guess, PreparedData, Score, Task } from "chainrule/table";
import type { Progress } from "../../worker/course.ts";
import type { FaultMessage } from "../../worker/protocol.ts";
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
  /** What to learn unless another is chosen: the last column of which there is nothing to doubt. */
  readonly target: string;
}

/** What is to be said of a target before anything is trained. */
export interface Doubt {
  readonly fault: FaultMessage;
  /** Whether it is not taken at all. */
  readonly refused: boolean;
}

export interface Outlook {
  readonly guess: Guess;
  readonly doubts: Readonly<Record<Task, Doubt | undefined>>;
}

/** A table as a network learns it: numbers alone. */
export interface Prepared {
  readonly data: PreparedData;
  /** Cells of the inputs of one row that is tested on, or trained on if there are none. */
  readonly example: readonly string[];
  /** Buffers of the arrays, which move from worker to worker. */
  readonly moved: readonly ArrayBuffer[];
}

export interface TableContract {
  readonly methods: {
    /** Reads a table and looks at its columns. @throws DataError with line and column */
    read(source: Source): Promise<TableSummary>;
    /** What there is to learn of a target. @throws DataError */
    look(target: string): Promise<Outlook>;
    /** Splits and scales what is learned. @throws DataError */
    prepare(options: DataOptions): Promise<Prepared>;
  };
  readonly event: never;
}

/** How often a class was taken for another, or for itself. */
export interface Pair {
  readonly truth: number;
  readonly predicted: number;
  readonly times: number;
}

/** Up to so many classes the whole matrix is shown, else the pairs most often confused; and so many of those. */
export const MOST_MATRIX_CLASSES = 16;
export const MOST_PAIRS = 10;

/** Classes whose probabilities are shown, the likeliest first. */
export const MOST_BARS = 5;

/** Which class is taken for which. What crosses to the page does not grow with the number of classes. */
export type Confusion =
  /** Of few classes, `[classes, classes]`. */
  | { readonly counts: readonly number[] }
  /** Of many, the pairs of two classes that are most often confused, and how many such pairs there are. */
  | { readonly pairs: readonly Pair[]; readonly confused: number };

export interface Judgement {
  readonly train: Score;
  readonly test: Score | undefined;
  /** Of a classification, over the rows to test on, or to train on if there are none. */
  readonly confusion: Confusion | undefined;
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
  readonly example: Prepared["example"];
}

/** What the network makes of a row. */
export type RowPrediction =
  | { readonly task: "regression"; readonly value: number }
  /** The likeliest classes, as many as are shown; the first is the predicted one. */
  | { readonly task: "classification"; readonly likeliest: readonly Likely[] };

export interface Likely {
  readonly classNumber: number;
  readonly probability: number;
}

export interface DataContract {
  readonly methods: {
    /** Makes a network ready. @throws ModelError, DeviceError */
    begin(prepared: Prepared, options: DataOptions, run: number): Promise<Begun>;
    /** Ends the run, and frees what it holds. */
    end(): Promise<void>;
    play(): Promise<void>;
    pause(): Promise<void>;
    /** @param cells of the inputs, in their order. @throws DataError for a cell that holds no number */
    predict(cells: readonly string[]): Promise<RowPrediction>;
    /** The model, as the command line's `predict` takes it. */
    save(): Promise<Uint8Array<ArrayBuffer>>;
  };
  readonly event:
    | { readonly kind: "status"; readonly status: Status }
    /** How much of the first judgement is done, from 0 to 1, where it takes more than one prediction. */
    | { readonly kind: "readying"; readonly run: number; readonly share: number };
}
