import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { backend } from "../../client.ts";
import { Failure, Notice } from "../../components/notice.tsx";
import { StatRow } from "../../components/stats.tsx";
import { useSession } from "../../components/use-session.ts";
import { count, figure, scientific } from "../../format.ts";
import { currentQuery, writeQuery } from "../../router.ts";
import { type FaultMessage, faultOf } from "../../worker/protocol.ts";
import { Board } from "./board.tsx";
import type { InsideContract, StepRecord } from "./contract.ts";
import { Controls } from "./controls.tsx";
import { differencesOf, worstOf } from "./difference.ts";
import { Dock } from "./dock.tsx";
import { type Cell, explain } from "./explain.ts";
import { cellId } from "./heat-table.tsx";
import { MemoryPanel } from "./memory-panel.tsx";
import { spoken } from "./names.ts";
import { PlansPanel } from "./plans-panel.tsx";
import { fromQuery, type InsideState, MOST_STEPS, runKey, toQuery } from "./state.ts";
import { type Stop, stopsOf } from "./stops.ts";
import { useBoard } from "./use-board.ts";
import "./inside.css";
import "./dock.css";
import "./board.css";
import "./cards.css";
import "./memory.css";
import "./plans.css";

const NAME = "inside";

/** Time in ms at each stop while it plays; longer where the user wants little motion. */
const PACE = 1600;
const CALM_PACE = 3200;

const noStops: readonly Stop[] = [];

export function Page() {
  const [state, setState] = useState<InsideState>(() => fromQuery(currentQuery()));
  const [record, setRecord] = useState<StepRecord>();
  const [fault, setFault] = useState<FaultMessage>();
  const [playing, setPlaying] = useState(false);
  const [cell, setCell] = useState<Cell>();
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);

  const call = useSession<InsideContract>(NAME, () => {}, setFault);

  // A step is taken where the network or the step's number changes; a stop is only a way to look at it.
  const wanted = `${runKey(state)} ${state.step}`;
  useEffect(() => {
    let current = true;
    setFault(undefined);
    call.take(state).then(
      (taken) => current && setRecord(taken),
      (error) => current && setFault(faultOf(error)),
    );
    return () => {
      current = false;
    };
  }, [wanted]);
  useLayoutEffect(() => writeQuery(NAME, toQuery(state)), [state]);

  const stops = useMemo(() => (record ? stopsOf(record.textbook) : noStops), [record]);
  const stop = Math.min(state.stop, stops.length);
  const goTo = (next: number) => setState((now) => ({ ...now, stop: Math.max(0, Math.min(stops.length, next)) }));
  const takeNext = () => setState((now) => ({ ...now, step: Math.min(MOST_STEPS, now.step + 1), stop: 0 }));

  useArrowKeys((by) => {
    setPlaying(false);
    goTo(stop + by);
  });
  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(
      () => (stop < stops.length ? goTo(stop + 1) : setPlaying(false)),
      calm() ? CALM_PACE : PACE,
    );
    return () => clearTimeout(timer);
  }, [playing, stop, stops]);
  useEffect(() => {
    if (stop === 0) return;
    host.current
      ?.querySelector(".card.written")
      ?.scrollIntoView({ block: "nearest", inline: "nearest", behavior: calm() ? "auto" : "smooth" });
  }, [stop]);
  useOperands(record, cell);

  const measure = useBoard(call, host, canvas, record, stop);
  const change = (next: InsideState) => {
    setPlaying(false);
    setCell(undefined);
    setState(next);
  };
  return (
    <>
      <h1>Inside a training step</h1>
      <p class="lead">
        Every number that one step computes, where the GPU left it: forward to the loss, back along the chain rule, and
        the update. Small enough to follow by hand.
      </p>
      <Failure fault={fault} title="The step was not taken" />
      <div class="inside">
        <Controls state={state} onChange={change} />
        {record && backend.value?.kind === "cpu" && (
          <Notice tone="info" title="These are the CPU reference’s numbers">
            <p>With WebGPU the GPU’s stand here, each beside the reference’s, with the difference.</p>
          </Notice>
        )}
        <Dock
          record={record}
          stops={stops}
          stop={stop}
          playing={playing}
          cell={cell}
          onStop={(next) => {
            setPlaying(false);
            goTo(next);
          }}
          onPlay={(on) => {
            if (on && stop === stops.length) goTo(1);
            else if (on && stop === 0) goTo(1);
            setPlaying(on);
          }}
          onNext={() => {
            setPlaying(false);
            takeNext();
          }}
        />
        {record && (
          <>
            <Figures record={record} />
            <div class="panel board-panel">
              <h2 class="hidden">The step</h2>
              <Board
                record={record}
                stops={stops}
                stop={stop}
                measure={measure}
                host={host}
                canvas={canvas}
                onCell={setCell}
              />
            </div>
            <MemoryPanel record={record} stops={stops} stop={stop} />
            <PlansPanel record={record} current={stops[stop - 1]} />
          </>
        )}
      </div>
    </>
  );
}

/** The step in a line of figures. */
function Figures({ record }: { record: StepRecord }) {
  const worst = useMemo(() => worstOf(differencesOf(record)), [record]);
  const scalar = (name: string) => {
    const values = record.tensors[name];
    return figure((values?.gpu ?? values?.cpu)?.[0] ?? 0);
  };
  return (
    <StatRow
      label="The step in figures"
      stats={[
        { label: "Training step", value: <span data-testid="step">{count(record.state.step + 1)}</span> },
        { label: "Loss L", value: scalar("L") },
        { label: "Penalty s", value: scalar("s") },
        { label: "Objective J", value: <span data-testid="objective">{scalar("J")}</span> },
        {
          label: "GPU against CPU reference",
          value: worst ? (
            <>
              <span data-testid="worst">{scientific(worst.relative)}</span> <small>as a share</small>
            </>
          ) : (
            "no GPU"
          ),
          ...(worst && {
            title: `The largest difference, in ${spoken(worst.name)}, as a share of the largest sum of magnitudes that its numbers come of`,
          }),
        },
      ]}
    />
  );
}

const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** ← and → outside of fields and grids, which have their own use for them. */
function useArrowKeys(go: (by: number) => void): void {
  const latest = useRef(go);
  latest.current = go;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (
        event.target instanceof Element &&
        event.target.closest("input, select, textarea, [role=grid], pre, .table-scroll, .formula")
      )
        return;
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      event.preventDefault();
      latest.current(event.key === "ArrowRight" ? 1 : -1);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

/** Marks on the board the numbers that the pointed number came of. */
function useOperands(record: StepRecord | undefined, cell: Cell | undefined): void {
  // With the arithmetic, and not a frame later.
  useLayoutEffect(() => {
    if (!record || !cell) return;
    const mark = ({ name, row, column }: Cell, sign: string) => {
      const found = document.getElementById(cellId(name, row, column));
      found?.classList.add(sign);
      return () => found?.classList.remove(sign);
    };
    const undo = [mark(cell, "pointed"), ...explain(record, cell).operands.map((operand) => mark(operand, "operand"))];
    return () => {
      for (const one of undo) one();
    };
  }, [record, cell]);
}
