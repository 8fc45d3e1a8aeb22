import { plain } from "../../format.ts";
import { gridOf } from "./cards.ts";
import type { TensorValues } from "./contract.ts";
import { cellText } from "./explain.ts";
import { spoken } from "./names.ts";

/** How much of a number fits a cell. */
export type Digits = 0 | 2 | 3;

export interface HeatTableProps {
  readonly name: string;
  readonly values: TensorValues;
  readonly digits: Digits;
  /** Whether its values are there yet. */
  readonly known: boolean;
}

export const cellId = (name: string, row: number, column: number): string => `cell-${name}-${row}-${column}`;

/** A tensor's numbers, each over the colour that the worker draws beneath. */
export function HeatTable({ name, values, digits, known }: HeatTableProps) {
  const { rows, columns } = gridOf(values.shape);
  const numbers = values.gpu ?? values.cpu;
  const range = (length: number) => Array.from({ length }, (_, index) => index);
  return (
    <table
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid is a table whose cells take the focus.
      role="grid"
      class={`heat ${known ? "" : "unknown"}`}
      data-tensor={name}
      aria-label={`${spoken(name)}, ${rows} by ${columns}${known ? "" : ", not computed yet"}`}
      style={{ "--rows": rows, "--columns": columns }}
    >
      <tbody>
        {range(rows).map((row) => (
          <tr key={row}>
            {range(columns).map((column) => {
              const value = numbers[row * columns + column] ?? Number.NaN;
              return (
                <td
                  key={column}
                  // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: cells of a grid take the focus.
                  role="gridcell"
                  id={cellId(name, row, column)}
                  data-row={row}
                  data-column={column}
                  tabIndex={known && row === 0 && column === 0 ? 0 : -1}
                  title={known ? plain(value) : undefined}
                >
                  {known && (
                    <span class={digits === 0 ? "hidden" : ""}>{cellText(value, digits === 0 ? 3 : digits)}</span>
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
