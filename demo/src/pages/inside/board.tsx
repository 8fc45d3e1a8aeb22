import type { RefObject } from "preact";
import { useMemo } from "preact/hooks";
import { plain, scientific } from "../../format.ts";
import { layerCards } from "./cards.ts";
import type { StepRecord } from "./contract.ts";
import { type Difference, differencesOf, magnitudeOf } from "./difference.ts";
import { brief, type Cell } from "./explain.ts";
import { activationOf, type FormulaContext, TensorFormula } from "./formulas.tsx";
import { HeatTable } from "./heat-table.tsx";
import { lifeOf } from "./kept.ts";
import type { Measure } from "./measure.ts";
import { layersOf } from "./names.ts";
import type { Stop } from "./stops.ts";

export interface BoardProps {
  readonly record: StepRecord;
  readonly stops: readonly Stop[];
  /** 0 shows the whole step. */
  readonly stop: number;
  readonly measure: Measure;
  readonly host: RefObject<HTMLDivElement | null>;
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly onCell: (cell: Cell) => void;
}

const layoutClass = { wide: "wide", narrow: "narrow beside", single: "narrow" } as const;

/** All tensors of a step: forward left, backward right, a band for each layer. */
export function Board({ record, stops, stop, measure, host, canvas, onCell }: BoardProps) {
  const { plan } = record.textbook;
  const context: FormulaContext = { state: record.state, layers: layersOf(plan) };
  const bands = useMemo(() => layerCards(plan), [plan]);
  const born = useMemo(() => birthsOf(stops), [stops]);
  const differences = useMemo(() => differencesOf(record), [record]);
  const current = stops[stop - 1];
  const card = (name: string) => (
    <Card
      key={name}
      name={name}
      record={record}
      context={context}
      digits={measure.digits}
      known={stop === 0 || (born.get(name) ?? 0) <= stop}
      mark={current?.writes.includes(name) ? "written" : current?.reads.includes(name) ? "read" : undefined}
      difference={differences[name]}
    />
  );
  const cellOf = (target: EventTarget | null): Cell | undefined => {
    const td = target instanceof Element ? target.closest<HTMLElement>("td[data-row]") : null;
    const name = td?.closest<HTMLElement>("[data-tensor]")?.dataset.tensor;
    if (!td || !name || !td.title) return undefined;
    return { name, row: Number(td.dataset.row), column: Number(td.dataset.column) };
  };
  const choose = (target: EventTarget | null) => {
    const found = cellOf(target);
    if (found) onCell(found);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the events are those of the cells inside.
    <div
      ref={host}
      class={`board ${layoutClass[measure.layout]}`}
      data-ready={record.number}
      style={{ "--cell": `${measure.cell}px` }}
      onPointerOver={({ target }) => choose(target)}
      onFocusIn={({ target }) => choose(target)}
      onKeyDown={moveInGrid}
    >
      <canvas ref={canvas} />
      <section class="band batch" aria-label="The batch">
        <h3>Batch</h3>
        <div class="slot given">
          {card("x")}
          {card("y")}
        </div>
        <Legend />
      </section>
      {bands.map(({ layer, parameters, z, out, gradients, dz, dout, updated }) => (
        <section class="band layer" key={layer} aria-label={`Layer ${layer}`}>
          <h3>
            Layer {layer}
            <small>
              {widthsOf(record, layer)} · {activationOf(context, layer)}
            </small>
          </h3>
          <div class="slot parameters">{parameters.map(card)}</div>
          {z && <div class="slot z">{card(z)}</div>}
          <div class={`slot out ${z ? "" : "both"}`}>{card(out)}</div>
          <div class={`slot dout ${dz ? "" : "both"}`}>{card(dout)}</div>
          {dz && <div class="slot dz">{card(dz)}</div>}
          <div class="slot gradients">{gradients.map(card)}</div>
          <div class="slot updated">
            {updated.map(card)}
            {updated.length < parameters.length && <p class="hint">The published example leaves b as it is.</p>}
          </div>
        </section>
      ))}
      <section class="band loss" aria-label="The loss">
        <h3>Loss</h3>
        <div class="slot sums">{["ell", "L", "s", "J"].map(card)}</div>
        <p class="turn hint">
          Here the step turns round. <strong>J</strong> is one number; the way back asks of every number above how much
          J would change with it.
        </p>
      </section>
    </div>
  );
}

/** `4 → 3`: what a layer takes and what it gives. */
function widthsOf({ tensors }: StepRecord, layer: number): string {
  const [units, inputs] = tensors[`W${layer}`]?.shape ?? [];
  return `${inputs} → ${units}`;
}

/** The stop at which each tensor comes to be; what is missing is there before the step. */
function birthsOf(stops: readonly Stop[]): ReadonlyMap<string, number> {
  const born = new Map<string, number>();
  stops.forEach(({ writes }, index) => {
    for (const name of writes) if (!born.has(name)) born.set(name, index + 1);
  });
  return born;
}

interface CardProps {
  readonly name: string;
  readonly record: StepRecord;
  readonly context: FormulaContext;
  readonly digits: Measure["digits"];
  readonly known: boolean;
  readonly mark: "written" | "read" | undefined;
  /** Undefined without a GPU. */
  readonly difference: Difference | undefined;
}

/** A tensor with its formula, shape, and distance from the CPU reference. */
function Card({ name, record, context, digits, known, mark, difference }: CardProps) {
  const values = record.tensors[name];
  if (!values) return null;
  const kept = lifeOf(record.textbook, name).reasons;
  const forward = !name.startsWith("d") && !name.startsWith("g");
  return (
    <div class={`card ${mark ?? ""}`} data-card={name}>
      <p class="formula">
        <TensorFormula name={name} context={context} />
      </p>
      <HeatTable
        name={name}
        values={values}
        digits={values.shape.length === 0 ? 3 : digits}
        known={known}
        before={name.endsWith("+") ? record.tensors[name.slice(0, -1)] : undefined}
      />
      <p class="meta">
        {values.shape.length > 0 && <span class="shape">[{values.shape.join(", ")}]</span>}
        {known && values.shape.length > 0 && (
          <span title="The largest magnitude, which has the strongest colour">
            ±{brief(magnitudeOf(values.gpu ?? values.cpu), 2)}
          </span>
        )}
        {known && difference && (
          <span
            class="difference"
            data-relative={difference.relative}
            title={`Largest difference from the CPU reference: ${plain(difference.largest)}, ${scientific(difference.relative)} of the largest sum of magnitudes that its numbers come of`}
          >
            Δ {difference.largest === 0 ? "0" : brief(difference.largest, 2)}
          </span>
        )}
      </p>
      {forward && kept.length > 0 && (
        <p class="kept" title="What the backward pass needs it for">
          kept for {kept.join(", ")}
        </p>
      )}
    </div>
  );
}

function Legend() {
  return (
    <ul class="board-legend hint">
      <li>
        <i class="scale" /> negative, zero, positive; the strongest colour is ± the tensor’s largest magnitude
      </li>
      <li>
        <i class="mark written" /> written at this stop <i class="mark read" /> read for it
      </li>
      <li>Below an updated number stands its change.</li>
      <li>
        <b>Δ</b> largest difference between the GPU and the CPU reference, in the tensor’s own numbers. The figure above
        the board is a share: it is measured by the magnitudes that are added up, not by what is left where they cancel:
        float32 rounds the former.
      </li>
    </ul>
  );
}

const moves: Readonly<Record<string, readonly [row: number, column: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Arrow keys move the focus within a grid. */
function moveInGrid(event: KeyboardEvent): void {
  const move = moves[event.key];
  const td = event.target instanceof Element ? event.target.closest<HTMLElement>("td[data-row]") : null;
  if (!move || !td) return;
  event.preventDefault();
  event.stopPropagation();
  const [row, column] = [Number(td.dataset.row) + move[0], Number(td.dataset.column) + move[1]];
  td.closest("table")?.querySelector<HTMLElement>(`td[data-row="${row}"][data-column="${column}"]`)?.focus();
}
