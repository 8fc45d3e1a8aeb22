import { count, fixed } from "../../format.ts";

/** `1 row`, `1,797 rows` */
export const rowsText = (rows: number): string => `${count(rows)} ${rows === 1 ? "row" : "rows"}`;

/** R², which there is none of where the target does not vary, as in a single row. */
export const r2Text = (r2: number, digits: number): string => (Number.isNaN(r2) ? "none" : fixed(r2, digits));
