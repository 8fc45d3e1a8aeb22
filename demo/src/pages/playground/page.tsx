import type { Plan } from "chainrule";
import { useEffect, useRef, useState } from "preact/hooks";
import { backend } from "../../client.ts";
import { Button } from "../../components/button.tsx";
import { LossPanel } from "../../components/loss-panel.tsx";
import { MemoryBar } from "../../components/memory.tsx";
import { Panel } from "../../components/panel.tsx";
import { useFault } from "../../components/use-fault.ts";
import { useSession } from "../../components/use-session.ts";
import { useTitle } from "../../components/use-title.ts";
import { download } from "../../download.ts";
import { count } from "../../format.ts";
import { currentQuery } from "../../router.ts";
import type { PlaygroundContract, Recovery, Replay, Speed, Status, View } from "./contract.ts";
import { DataPanel, LiveControls, NetworkControls } from "./controls.tsx";
import { Equations } from "./equations.tsx";
import { NetworkPicture } from "./network-picture.tsx";
import { fromQuery, liveAt, type PlaygroundState, type RunOptions, toQuery, withStarters } from "./options.ts";
import { shownOf, withShown } from "./shown.ts";
import { SurfacePicture } from "./surface-picture.tsx";
import { Timeline } from "./timeline.tsx";
import { Trouble } from "./trouble.tsx";
import { useAddress } from "./use-address.ts";
import { usePicture } from "./use-picture.ts";
import "./playground.css";
import "./timeline.css";
import "./network.css";

const NAME = "playground";

export function Page() {
  const [state, setState] = useState<PlaygroundState>(() => fromQuery(currentQuery()));
  const [status, setStatus] = useState<Status>();
  const [plan, setPlan] = useState<Plan>();
  const [replay, setReplay] = useState<Replay>();
  /** The run that the pictures show. */
  const [drawn, setDrawn] = useState<number>();
  const { fault, setFault, attempt: attemptAlone } = useFault();
  const [recovery, setRecovery] = useState<Recovery>();
  const [speed, setSpeed] = useState<Speed>(() => shownOf(currentQuery(), state.run.layers).speed);
  const [unit, setUnit] = useState<View["unit"]>(() => shownOf(currentQuery(), state.run.layers).unit);
  /** How many runs are being begun. */
  const [beginning, setBeginning] = useState(0);
  /** Numbers the runs: what is still reported of an earlier one is not shown. */
  const runs = useRef(0);
  const surface = useRef<HTMLCanvasElement>(null);
  const network = useRef<HTMLCanvasElement>(null);

  const receive = (event: PlaygroundContract["event"]) => {
    if (event.kind === "plan") setPlan(event.plan);
    else if (event.kind === "drawn") setDrawn(event.run);
    else if (event.kind === "replay") {
      if (event.replay.run === runs.current) setReplay(event.replay);
    } else if (event.status.run === runs.current) {
      setReplay(undefined);
      setStatus(event.status);
      setState(event.status.state);
    }
  };
  const call = useSession<PlaygroundContract>(NAME, receive, setFault);
  const layers = state.run.layers;
  const width = usePicture(call, surface, network, layers, unit);
  const attempt = (work: () => unknown) => {
    setRecovery(undefined);
    return attemptAlone(work);
  };
  const send = async (next: PlaygroundState) => {
    setBeginning((now) => now + 1);
    await attempt(() => call.begin(next, runs.current));
    setBeginning((now) => now - 1);
  };
  // After the canvases are handed over, so that a replay is seen.
  useEffect(() => void send(state), []);

  const live = liveAt(state, state.step);
  const begin = (run: RunOptions) => {
    const next: PlaygroundState = { run, live, edits: [], step: 0 };
    setUnit(undefined);
    setState(next);
    // What is told of the run before is not of these points.
    setStatus(undefined);
    setReplay(undefined);
    runs.current += 1;
    void send(next);
  };
  const recover = async () => {
    await attempt(async () => setRecovery(await call.recover()));
    // The button that had the keyboard is gone.
    document.getElementById("main")?.focus();
  };
  const changeRun = (change: Partial<RunOptions>) => begin(withStarters({ ...state.run, ...change }));
  const running = status?.running ?? false;
  // What is shown belongs to the step that a replay goes to, which an edit on the way would forget.
  const onTheWay = replay !== undefined;
  useAddress(NAME, withShown(toQuery(state), { speed, unit }), running);
  const outdated = drawn !== runs.current;
  const cpu = backend.value?.kind === "cpu";

  useTitle("Playground", running ? `step ${count(state.step)}` : undefined);

  return (
    <>
      <h1>Watch a network learn</h1>
      <p class="lead">
        {cpu ? "" : "Every picture is drawn from the GPU’s own memory while it trains. "}Change anything, take single
        steps, and go back to any moment: the same seed gives the same weights, bit for bit.
      </p>
      <Trouble fault={fault} recovery={recovery} onRecover={() => void recover()} />
      <div class="playground">
        <Timeline
          status={status}
          ready={status !== undefined || (beginning > 0 && runs.current > 0)}
          replay={replay}
          speed={speed}
          onPlay={() => void attempt(() => call.play(speed))}
          onPause={() => void attempt(() => call.pause())}
          onStep={() => void attempt(() => call.advance(1))}
          onRewind={(step) => attempt(() => call.rewind(step))}
          onSpeed={(chosen) => {
            setSpeed(chosen);
            if (running) void attempt(() => call.play(chosen));
          }}
        />
        <LiveControls live={live} disabled={onTheWay} onChange={(change) => void attempt(() => call.edit(change))} />
        <div class="stack">
          <DataPanel run={state.run} onChange={changeRun} />
          <Panel title={cpu ? "In memory" : "On the GPU"} class="spaced memory-panel">
            {plan && <MemoryBar plan={plan} />}
            <p class="hint">
              {status?.framesPerSecond
                ? `${Math.round(status.framesPerSecond)} pictures a second`
                : "Nothing is drawn at rest"}
            </p>
            <Button
              disabled={onTheWay}
              onClick={() => void attempt(async () => download(await call.save(), "playground.safetensors"))}
            >
              Download the model
            </Button>
          </Panel>
        </div>
        <div class="stack">
          <Panel title="Network" class="network-panel" aside={<NetworkControls run={state.run} onChange={changeRun} />}>
            <NetworkPicture
              canvas={network}
              width={width}
              run={state.run}
              outdated={outdated}
              unit={unit}
              onUnit={setUnit}
              onLayers={(changed) => changeRun({ layers: changed })}
            />
          </Panel>
          <Panel title="The step in formulas" class="equations-panel">
            <Equations run={state.run} live={live} />
          </Panel>
        </div>
        <div class="stack">
          <SurfacePicture
            canvas={surface}
            run={state.run}
            unit={unit}
            status={status}
            outdated={outdated}
            onDraw={(drawn) => changeRun({ points: "drawn", drawn })}
          />
          <LossPanel curves={status?.curves} test="test points" />
        </div>
      </div>
    </>
  );
}
