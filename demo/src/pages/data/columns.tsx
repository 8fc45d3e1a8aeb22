import { isNumber } from "chainrule/table";
import { useFirst } from "../../components/use-first.tsx";
import { count, rounded } from "../../format.ts";
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
  const { shown, rest } = useFirst(columns, "columns");
  return (
    <div class="columns">
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
                    <span class="badge">target</span> <Name name={column.name} />
                  </span>
                ) : (
                  <label class="name">
                    <input
                      type="checkbox"
                      checked={!ignored.includes(column.name)}
                      disabled={column.kind === "text" || column.kind === "empty"}
                      onChange={() => toggle(column.name)}
                    />
                    <Name name={column.name} />
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

/** Two lines of a name; all of it when pointed at. */
const Name = ({ name }: { name: string }) => (
  <span class="clip" title={name}>
    {name}
  </span>
);

/** Letters of a cell that are shown. */
const MOST_LETTERS = 20;

/** Where the first cell is that holds no number to learn from: `line 9: “n/a”`. */
function oddText({ line, cell }: NonNullable<Column["odd"]>): string {
  const shown = cell.length > MOST_LETTERS ? `${cell.slice(0, MOST_LETTERS)}…` : cell;
  return `line ${count(line)}: ${cell === "" ? "empty" : `“${shown}”`}${isNumber(cell) ? " is too large" : ""}`;
}

function valuesOf({ kind, range, distinct }: Column): string {
  if (kind === "text") return `${count(distinct)}${distinct < MOST_DISTINCT ? "" : " or more"} different`;
  if (!range) return "";
  const [low, high] = range.map((value) => rounded(value, 4));
  return low === high ? `${low}` : `${low} … ${high}`;
}
