import { brief } from "../brief.ts";
import { DataError } from "../errors.ts";
import { nearest } from "../model/nearest.ts";
import type { Table } from "./rows.ts";

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
    got: `${role} column "${brief(name, 80)}"`,
    expected: `one of the columns ${listed(table.columns)}`,
    remedy:
      likely === undefined
        ? "give the name of one of these columns"
        : `did you mean "${brief(likely, 80)}"? Give one of these`,
  });
}

/** Names in quotes; of many, the first and the last ones. */
export function listed(names: readonly string[], most = 12): string {
  const quoted = (some: readonly string[]) => some.map((name) => `"${brief(name, 80)}"`);
  if (names.length <= most) return quoted(names).join(", ");
  const half = most / 2;
  return [...quoted(names.slice(0, half)), `… (${names.length - most} more)`, ...quoted(names.slice(-half))].join(", ");
}
