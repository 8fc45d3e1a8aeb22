import { isNumber } from "chainrule/table";
import { Said } from "../../components/said.tsx";
import { useFirst } from "../../components/use-first.tsx";
import { count, rounded } from "../../format.ts";
import { isolated } from "../../said.ts";
import { type Column, MOST_DISTINCT } from "./contract.ts";

export interface ColumnsProps {
  readonly columns: readonly Column[];
  readonly target: string;
  readonly ignored: readonly string[];
  readonly onChange: (ignored: readonly string[]) => void;
}

/** The columns with what they hold, and which of them are learned from. */
export function Columns({ columns, target, ignored, onChange }: ColumnsProps) {
  const toggle = (name: string) =>
    onChange(ignored.includes(name) ? ignored.filter((one) => one !== name) : [...ignored, name]);
  const { shown, find, rest } = useFirst(columns, "columns", ({ name }) => name);
  return (
    <div class="columns">
      {find}
      <table>
        <thead>
          <tr>
            <th scope="col">Learn from</th>
            <th scope="col">Holds</th>
            <th scope="col" class="number">
              Values
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((column) => (
            <tr key={column.name} class={column.name === target ? "target" : ""}>
              <th scope="row">
                {column.name === target ? (
                  <span class="name">
                    <span class="badge">target</span> <Said text={column.name} class="clip" />
                  </span>
                ) : (
                  <label class="name">
                    <input
                      type="checkbox"
                      checked={!ignored.includes(column.name)}
                      disabled={column.kind === "text" || column.kind === "empty"}
                      onChange={() => toggle(column.name)}
                    />
                    <Said text={column.name} class="clip" />
                  </label>
                )}
              </th>
              <td>
                {column.kind}
                {column.kind === "mixed" && column.odd && <small class="odd">{oddText(column.odd)}</small>}
              </td>
              <td class="number">{valuesOf(column)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rest}
    </div>
  );
}

/** Letters of a cell that are shown. */
const MOST_LETTERS = 20;

/** Where the first cell is that holds no number to learn from: `line 9: “n/a”`. */
function oddText({ line, cell }: NonNullable<Column["odd"]>): string {
  const shown = cell === "" ? "empty" : `“${isolated(cell, MOST_LETTERS)}”`;
  return `line ${count(line)}: ${shown}${isNumber(cell) ? " is too large" : ""}`;
}

function valuesOf({ kind, range, distinct }: Column): string {
  if (kind === "text") return `${count(distinct)}${distinct < MOST_DISTINCT ? "" : "+"} different`;
  if (!range) return "";
  const [low, high] = range.map((value) => rounded(value, 4));
  return low === high ? `${low}` : `${low} … ${high}`;
}
