import { checkOptions } from "../model/options.ts";
import { checkArray, checkInputs, scaleShape, wholeRows } from "./dataset.ts";
import type { Network } from "./network.ts";
import type { ByteScale } from "./types.ts";

/**
 * Whole rows to be predicted, copied.
 * @throws ModelError for a scale that is none; Unfit for a ShapeError where they are no whole rows; for a DataError where a value is
 *   not a finite float32
 */
export function checkRows(where: string, given: ArrayLike<number>, byteScale: ByteScale = {}, network: Network) {
  const stands = checkOptions(where, byteScale, scaleShape);
  const length = checkArray(`${where}: inputs`, given);
  const { inputs: columns, bytes } = network;
  const rows = wholeRows(where, length, columns);
  return { rows, inputs: checkInputs(where, given, length, columns, stands, bytes) };
}
