import { Button } from "../../components/button.tsx";
import { BackIcon, PauseIcon, PlayIcon, StartIcon, StepIcon } from "../../components/icons.tsx";
import type { StepRecord } from "./contract.ts";
import { brief, type Cell, explain, numberAt } from "./explain.ts";
import { type FormulaContext, TensorFormula } from "./formulas.tsx";
import { layersOf, spoken } from "./names.ts";
import type { Stop } from "./stops.ts";
import { phaseNames, storyOf } from "./words.ts";

export interface DockProps {
  readonly record: StepRecord | undefined;
  readonly stops: readonly Stop[];
  readonly stop: number;
  readonly playing: boolean;
  readonly cell: Cell | undefined;
  readonly onStop: (stop: number) => void;
  readonly onPlay: (playing: boolean) => void;
  readonly onNext: () => void;
}

/** Stays in sight: where the step is, and how one of its numbers comes about. */
export function Dock({ record, stops, stop, playing, cell, onStop, onPlay, onNext }: DockProps) {
  const ready = record !== undefined;
  const last = stop === stops.length;
  return (
    <section class="panel dock" aria-label="The step, phase by phase">
      <div>
        <div class="transport">
          <Button kind="quiet" label="The whole step" disabled={!ready || stop === 0} onClick={() => onStop(0)}>
            <StartIcon />
          </Button>
          <Button kind="quiet" label="Back" disabled={!ready || stop === 0} onClick={() => onStop(stop - 1)}>
            <BackIcon />
          </Button>
          <Button kind="primary" disabled={!ready} onClick={() => onPlay(!playing)}>
            {playing ? <PauseIcon /> : <PlayIcon />} {playing ? "Pause" : "Play"}
          </Button>
          <Button kind="quiet" label="Forward" disabled={!ready || last} onClick={() => onStop(stop + 1)}>
            <StepIcon />
          </Button>
          <Track stops={stops} stop={stop} onStop={onStop} />
          <Button disabled={!ready} onClick={onNext}>
            Next step
          </Button>
        </div>
        <div class="story" aria-live="polite">
          {record ? <Story record={record} stops={stops} stop={stop} /> : <p>Taking the step …</p>}
        </div>
      </div>
      <div class="dock-cell">
        {record && cell ? (
          <CellText record={record} cell={cell} />
        ) : (
          <p class="hint">
            Point at any number to see how it comes about. With the keyboard: Tab to a tensor, arrows inside it;
            elsewhere ← and → walk through the step.
          </p>
        )}
      </div>
    </section>
  );
}

function Story({ record, stops, stop }: { record: StepRecord; stops: readonly Stop[]; stop: number }) {
  const current = stops[stop - 1];
  const context: FormulaContext = { state: record.state, layers: layersOf(record.textbook.plan) };
  if (!current) {
    return (
      <>
        <p class="story-title">
          <strong>The whole step</strong> <span data-testid="stop">0 / {stops.length}</span>
        </p>
        <p>
          {record.textbook.steps.length} dispatches in {stops.length} stops: forward to J, back to every gradient, then
          the update.
        </p>
      </>
    );
  }
  return (
    <>
      <p class="story-title">
        <strong>{phaseNames[current.phase]}</strong> <span data-testid="stop">{`${stop} / ${stops.length}`}</span>
        {current.phase !== "begin" && (
          <span class="story-formulas">
            {current.writes.map((name) => (
              <TensorFormula key={name} name={name} context={context} />
            ))}
          </span>
        )}
      </p>
      <p>{storyOf(current, context)}</p>
    </>
  );
}

/** A mark for each stop, coloured by phase; decoration beside the buttons. */
function Track({ stops, stop, onStop }: { stops: readonly Stop[]; stop: number; onStop: (stop: number) => void }) {
  return (
    <div class="track">
      <input
        type="range"
        aria-label="Stop"
        min={0}
        max={Math.max(1, stops.length)}
        value={stop}
        aria-valuetext={stop === 0 ? "the whole step" : `${stop} of ${stops.length}`}
        onInput={({ currentTarget }) => onStop(currentTarget.valueAsNumber)}
      />
      <div class="track-marks" aria-hidden="true">
        {stops.map(({ phase, writes }, index) => (
          <i
            key={writes.join()}
            data-phase={phase}
            class={index + 1 === stop ? "current" : index < stop ? "done" : ""}
          />
        ))}
      </div>
    </div>
  );
}

/** One number: the GPU's, the reference's, their difference, and the arithmetic. */
function CellText({ record, cell }: { record: StepRecord; cell: Cell }) {
  const values = record.tensors[cell.name];
  if (!values) return null;
  const [, columns = 1] = values.shape;
  const index = cell.row * columns + cell.column;
  const { text } = explain(record, cell);
  const value = numberAt(record, cell);
  const place =
    values.shape.length === 0 ? "" : `[${[cell.row, cell.column].slice(0, values.shape.length).join(", ")}]`;
  return (
    <>
      <p class="cell-name">
        <strong>{spoken(cell.name)}</strong>
        <code>{place}</code>
      </p>
      <dl class="cell-values">
        {values.gpu && (
          <div>
            <dt>GPU</dt>
            <dd data-testid="cell-gpu">{brief(value, 8)}</dd>
          </div>
        )}
        <div>
          <dt>CPU reference</dt>
          <dd data-testid="cell-cpu">{brief(values.cpu[index] ?? Number.NaN, 8)}</dd>
        </div>
        {values.gpu && (
          <div>
            <dt>difference</dt>
            <dd data-testid="cell-difference">{brief(value - (values.cpu[index] ?? Number.NaN), 3)}</dd>
          </div>
        )}
      </dl>
      <p class="arithmetic" data-testid="arithmetic">
        = {text}
      </p>
    </>
  );
}
