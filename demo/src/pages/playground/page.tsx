import type { Plan } from "chainrule";
import { useEffect, useRef, useState } from "preact/hooks";
import { backend, type Connection, connect } from "../../client.ts";
import { LossChart } from "../../components/loss-chart.tsx";
import { MemoryBar } from "../../components/memory.tsx";
import { Fault, Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { count } from "../../format.ts";
import { currentQuery, writeQuery } from "../../router.ts";
import type { FaultMessage } from "../../worker/protocol.ts";
import type { PlaygroundContract, Speed, Status } from "./contract.ts";
import { DataPanel, LiveControls, NetworkControls } from "./controls.tsx";
import { Equations } from "./equations.tsx";
import { NetworkPicture } from "./network-picture.tsx";
import { fromQuery, type LiveOptions, liveAt, type PlaygroundState, type RunOptions, toQuery } from "./options.ts";
import { drawnToText, starterPoints } from "./points.ts";
import { SurfacePicture } from "./surface-picture.tsx";
import { Timeline } from "./timeline.tsx";
import { usePicture } from "./use-picture.ts";
import "./playground.css";

const NAME = "playground";

/** Time in ms between two addresses while training runs. */
const ADDRESS_INTERVAL = 1000;

export function Page() {
  const [state, setState] = useState<PlaygroundState>(() => fromQuery(currentQuery()));
  const [status, setStatus] = useState<Status>();
  const [plan, setPlan] = useState<Plan>();
  const [replay, setReplay] = useState<{ done: number; total: number }>();
  const [fault, setFault] = useState<FaultMessage>();
  const [speed, setSpeed] = useState<Speed>("full");
  const [unit, setUnit] = useState<{ layer: number; unit: number }>();
  const connection = useRef<Connection<PlaygroundContract>>(undefined);
  /** Numbers the runs: what is still reported of an earlier one is not shown. */
  const runs = useRef(0);
  const written = useRef(0);
  const surface = useRef<HTMLCanvasElement>(null);
  const network = useRef<HTMLCanvasElement>(null);

  const receive = (event: PlaygroundContract["event"]) => {
    if (event.kind === "plan") setPlan(event.plan);
    else if (event.kind === "replay") setReplay(event.done < event.total ? event : undefined);
    else if (event.status.run === runs.current) {
      setReplay(undefined);
      setStatus(event.status);
      setState(event.status.state);
      if (event.status.running && performance.now() - written.current < ADDRESS_INTERVAL) return;
      written.current = performance.now();
      writeQuery(NAME, toQuery(event.status.state));
    }
  };
  /** Shows what a call failed with, unless the GPU was lost, which the site says. */
  const attempt = (work: Promise<unknown> | undefined) => {
    setFault(undefined);
    work?.catch((error: { fault?: FaultMessage; message: string }) =>
      setFault(error.fault ?? { name: "Error", message: error.message }),
    );
  };

  // One connection for as long as the page is there.
  useEffect(() => {
    const made = connect<PlaygroundContract>(NAME, receive, setFault);
    connection.current = made;
    return () => made.close();
  }, []);
  const layers = state.run.layers;
  const width = usePicture(connection, surface, network, layers, unit);
  // After the canvases are handed over, so that a replay is seen.
  useEffect(() => attempt(connection.current?.call.begin(state, runs.current)), []);

  const start = (next: PlaygroundState) => {
    setState(next);
    runs.current += 1;
    attempt(connection.current?.call.begin(next, runs.current));
  };
  const begin = (run: RunOptions) => {
    const live = status?.live ?? state.live;
    const next: PlaygroundState = { run, live, edits: [], step: 0 };
    setUnit(undefined);
    writeQuery(NAME, toQuery(next));
    start(next);
  };
  const changeRun = (change: Partial<RunOptions>) => {
    const run = { ...state.run, ...change };
    const empty = run.points === "drawn" && run.drawn === "";
    begin(empty ? { ...run, drawn: drawnToText(starterPoints) } : run);
  };
  const live = status?.live ?? liveAt(state, state.step);
  const changeLive = (change: Partial<LiveOptions>) => {
    const next = { ...live, ...change };
    if (state.step === 0 && !status?.running) {
      const fresh = { ...state, live: next, edits: [] };
      start(fresh);
    } else attempt(connection.current?.call.edit(next));
  };
  const running = status?.running ?? false;
  const cpu = backend.value?.kind === "cpu";

  // In another tab the title tells that training goes on.
  useEffect(() => {
    document.title = running ? `▶ step ${count(state.step)} · chainrule` : "Playground · chainrule";
  }, [running, state.step]);

  return (
    <>
      <h1>Watch a network learn</h1>
      <p class="lead">
        {cpu ? "" : "Every picture is drawn from the GPU’s own memory while it trains. "}Change anything, take single
        steps, and go back to any moment: the same seed gives the same weights, bit for bit.
      </p>
      {fault && (
        <Notice tone="error" title="That did not work">
          <Fault fault={fault} />
        </Notice>
      )}
      <div class="playground">
        <Timeline
          status={status}
          replay={replay}
          speed={speed}
          onPlay={() => attempt(connection.current?.call.play(speed))}
          onPause={() => attempt(connection.current?.call.pause())}
          onStep={() => attempt(connection.current?.call.advance(1))}
          onRewind={(step) => attempt(connection.current?.call.rewind(step))}
          onSpeed={(chosen) => {
            setSpeed(chosen);
            if (running) attempt(connection.current?.call.play(chosen));
          }}
        />
        <LiveControls live={live} onChange={changeLive} />
        <div class="column">
          <DataPanel run={state.run} onChange={changeRun} />
          <Panel title={cpu ? "In memory" : "On the GPU"} class="memory-panel">
            {plan && <MemoryBar plan={plan} />}
            <p class="pictures">
              {status?.framesPerSecond
                ? `${Math.round(status.framesPerSecond)} pictures a second`
                : "Nothing is drawn at rest"}
            </p>
            <SaveModel onSave={() => connection.current?.call.save()} onFault={setFault} />
          </Panel>
        </div>
        <div class="column">
          <Panel title="Network" class="network-panel" aside={<NetworkControls run={state.run} onChange={changeRun} />}>
            <NetworkPicture
              canvas={network}
              width={width}
              run={state.run}
              unit={unit}
              onUnit={setUnit}
              onLayers={(changed) => changeRun({ layers: changed })}
            />
          </Panel>
          <Panel title="The step in formulas" class="equations-panel">
            <Equations run={state.run} live={live} />
          </Panel>
        </div>
        <div class="column">
          <SurfacePicture
            canvas={surface}
            run={state.run}
            unit={unit}
            status={status}
            onDraw={(drawn) => changeRun({ points: "drawn", drawn })}
          />
          <Panel title="Loss" class="loss-panel">
            <LossChart
              label="Loss by step"
              at={status?.curves.steps ?? []}
              series={[
                { label: "training batches", colour: "--positive", values: status?.curves.train ?? [] },
                { label: "test points", colour: "--negative", values: status?.curves.test ?? [] },
              ]}
            />
          </Panel>
        </div>
      </div>
    </>
  );
}

function SaveModel(props: {
  onSave: () => Promise<Uint8Array<ArrayBuffer>> | undefined;
  onFault: (fault: FaultMessage) => void;
}) {
  const save = async () => {
    const file = await props.onSave()?.catch((error) => props.onFault({ name: "Error", message: String(error) }));
    if (!file) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([file]));
    link.download = "playground.safetensors";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <button type="button" class="button save" onClick={() => void save()}>
      Download the model
    </button>
  );
}
