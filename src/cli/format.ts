import { visible } from "../brief.ts";

/** `97.8 %`, and `100.0 %` only where nothing is missing. */
export function formatShare(share: number): string {
  const percent = (100 * share).toFixed(1);
  return `${percent === "100.0" && share < 1 ? "99.9" : percent} %`;
}

/** Four digits that matter: `0.01234`, `1.234e-7`. */
export const formatNumber = (x: number): string => String(Number(x.toPrecision(4)));

/** `17,120`; below 100 with one digit after the point. */
export const formatRate = (x: number): string => (x < 100 ? x.toFixed(1) : Math.round(x).toLocaleString("en"));

/** `3 rows`, `1 row`. */
export const formatCount = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;

/** `0.8 s`, `2 min 5 s`, `1 h 3 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A table in columns, the first to the left and the others to the right, as lines. */
export function formatTable(cells: readonly (readonly string[])[]): string[] {
  const rows = cells.map((row) => row.map(visible));
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const space = " ".repeat((widths[i] ?? 0) - width(cell));
        return i === 0 ? cell + space : space + cell;
      })
      .join("  ")
      .trimEnd(),
  );
}

const width = (text: string) => Array.from(text).length;
