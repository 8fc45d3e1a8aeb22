import { checkOptions } from "../model/options.ts";
import { checkArray, checkInputs, refuse } from "./dataset.ts";
import type { ByteScale } from "./types.ts";

/**
 * Whole rows to be predicted.
 * @param columns that the network takes
 * @throws ModelError for a scale that is none; DataError where they are no whole rows, or a value is not a finite float32
 */
export function checkRows(where: string, given: ArrayLike<number>, columns: number, byteScale: ByteScale) {
  checkOptions(where, byteScale, { scale: 0, offset: 0 });
  checkArray(`${where}: inputs`, given);
  const rows = given.length / columns;
  if (!Number.isInteger(rows) || rows === 0) {
    refuse(
      `${where}: inputs`,
      `${given.length} numbers`,
      `at least one row, each of the ${columns} columns that the network takes`,
      "give whole rows",
    );
  }
  return { rows, values: checkInputs(where, given, columns, byteScale) };
}

/** @throws DataError where rows have another number of columns than the network takes */
export function checkColumns(where: string, columns: number, inputs: number): void {
  if (columns === inputs) return;
  refuse(
    `${where}: inputs`,
    `${columns} columns`,
    `${inputs}, as the network takes`,
    "give the columns that the network was made for",
  );
}
