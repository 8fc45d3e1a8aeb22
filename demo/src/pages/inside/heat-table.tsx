import { plain } from "../../format.ts";
import { gridOf } from "./cards.ts";
import type { TensorValues } from "./contract.ts";
import { cellText, changeText } from "./explain.ts";
import type { Digits } from "./measure.ts";
import { spoken } from "./names.ts";

export interface HeatTableProps {
  readonly name: string;
  readonly values: TensorValues;
  readonly digits: Digits;
  /** Whether its values are there yet. */
  readonly known: boolean;
  /** What an update left of, whose change is shown below each number: a small one is not seen in the number's own digits. */
  readonly before?: TensorValues | undefined;
}

const numbersOf = (values: TensorValues): Float32Array => values.gpu ?? values.cpu;

export const cellId = (name: string, row: number, column: number): string => `cell-${name}-${row}-${column}`;

/** A tensor's numbers, each over the colour that the worker draws beneath. */
export function HeatTable({ name, values, digits, known, before }: HeatTableProps) {
  const { rows, columns } = gridOf(values.shape);
  const numbers = numbersOf(values);
  const from = before && numbersOf(before);
  const range = (length: number) => Array.from({ length }, (_, index) => index);
  return (
    <table
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid is a table whose cells take the focus.
      role="grid"
      class={`heat ${known ? "" : "unknown"} ${before ? "changed" : ""}`}
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
                  {known && cellText(value, digits)}
                  {known && from && (
                    <small class="change">
                      {changeText(value - (from[row * columns + column] ?? Number.NaN), digits)}
                    </small>
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
