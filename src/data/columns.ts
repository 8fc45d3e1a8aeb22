import { DataError } from "../errors.ts";
import { nearest } from "../model/nearest.ts";
import type { Table } from "./csv.ts";

/**
 * Where a column stands in a table, from 0.
 * @param role what the column is for, for the error message: `target`
 * @throws DataError that names the columns there are, and the one most like `name`
 */
export function columnIndex(table: Table, name: string, role: string): number {
  const index = table.columns.indexOf(name);
  if (index >= 0) return index;
  const likely = nearest(name, table.columns);
  throw new DataError({
    where: table.file,
    got: `${role} column "${name}"`,
    expected: `one of the columns ${listed(table.columns)}`,
    remedy:
      likely === undefined ? "give the name of one of these columns" : `did you mean "${likely}"? Give one of these`,
  });
}

/** Names in quotes; of many, the first and the last ones. */
export function listed(names: readonly string[], most = 12): string {
  const quoted = names.map((name) => `"${name}"`);
  if (quoted.length <= most) return quoted.join(", ");
  const half = most / 2;
  return [...quoted.slice(0, half), `… (${quoted.length - most} more)`, ...quoted.slice(-half)].join(", ");
}
