import { DataError } from "../errors.ts";
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

/** The word that takes the fewest edits to become `name`, where these are fewer than half its letters. */
function nearest(name: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(2, Math.ceil(name.length / 2));
  for (const word of words) {
    const edits = editDistance(name.toLowerCase(), word.toLowerCase());
    if (edits < fewest) [best, fewest] = [word, edits];
  }
  return best;
}

/** Levenshtein's distance: the fewest insertions, deletions and replacements that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
