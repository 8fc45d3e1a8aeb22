import { bytesText } from "../../bytes.ts";
import { Panel } from "../../components/panel.tsx";
import type { StepRecord } from "./contract.ts";
import { lifeOf } from "./kept.ts";
import { boardName, spoken } from "./names.ts";
import type { Stop } from "./stops.ts";

export interface MemoryPanelProps {
  readonly record: StepRecord;
  readonly stops: readonly Stop[];
  readonly stop: number;
}

/** Roles of what a step makes, in the order of the table. */
const shownRoles: readonly string[] = ["data", "parameter", "activation", "delta", "gradient"];

/** Tensors of the data set and of the bookkeeping, which the formulas do not name. */
const left: ReadonlySet<string> = new Set(["X", "Y", "order"]);

/** Every buffer of the textbook's step: when its content is needed, what for, and whether the fused plan has it at all. */
export function MemoryPanel({ record, stops, stop }: MemoryPanelProps) {
  const { textbook, fused } = record;
  const names = Object.entries(textbook.plan.tensors).flatMap(([name, { role }]) =>
    shownRoles.includes(role) && !left.has(name) ? [name] : [],
  );
  const turn = stops.findIndex(({ phase }) => phase === "loss");
  /** The stop of a dispatch, counted from 0. */
  const stopOf = (dispatch: number) =>
    dispatch < 0 ? 0 : stops.findIndex(({ dispatches }) => dispatches.includes(dispatch));
  return (
    <Panel title="What stays in memory, and why">
      <p class="hint">
        A bar runs from the stop that writes a buffer to the last one that reads it. What forward leaves for backward is
        the price of the chain rule: it is held past the turn at J, the dotted line. Every buffer is made once and used
        again by each step.
      </p>
      <section
        class="table-scroll"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
        tabIndex={0}
        aria-label="Buffers of the step"
      >
        <table class="lives">
          <thead>
            <tr>
              <th scope="col">Buffer</th>
              <th scope="col" class="number">
                Bytes
              </th>
              <th scope="col">When its content is needed, stop by stop</th>
              <th scope="col">Backward needs it for</th>
              <th scope="col">Fused plan</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => {
              const life = lifeOf(textbook, name);
              const [from, to] = [stopOf(life.from), stopOf(life.to)];
              const reads = new Set(life.reads.map(stopOf));
              const tensor = textbook.plan.tensors[name];
              const bytes = 4 * (tensor?.shape ?? []).reduce((product, size) => product * size, 1);
              const gone = fused.plan.removed[name] !== undefined;
              const role = tensor?.role;
              return (
                <tr key={name} class={gone ? "gone" : ""}>
                  <th scope="row">
                    <span class="swatch" data-role={role} aria-hidden="true" /> {spoken(boardName(textbook.plan, name))}
                  </th>
                  <td class="number">{bytesText(bytes)}</td>
                  <td>
                    <span class="hidden">{life.from < 0 ? "always" : `from stop ${from + 1} to stop ${to + 1}`}</span>
                    <div class="life" style={{ "--stops": stops.length }} aria-hidden="true">
                      <i class="span" data-role={role} style={{ gridColumn: `${from + 1} / ${to + 2}` }} />
                      <i class="turn-mark" style={{ gridColumn: turn + 1 }} />
                      {[...reads].map((at) => (
                        <i key={at} class="read" style={{ gridColumn: at + 1 }} />
                      ))}
                      {stop > 0 && <i class="now" style={{ gridColumn: stop }} />}
                    </div>
                  </td>
                  <td class="reasons">{life.reasons.join(", ")}</td>
                  <td>{gone ? "not stored" : "stored"}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}
