import type { Guess, Task } from "chainrule/table";
import { useEffect, useRef, useState } from "preact/hooks";
import { backend, type Connection, connect } from "../../client.ts";
import { Button } from "../../components/button.tsx";
import { PauseIcon, PlayIcon } from "../../components/icons.tsx";
import { LossChart } from "../../components/loss-chart.tsx";
import { MemoryBar } from "../../components/memory.tsx";
import { Fault, Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { Progress } from "../../components/progress.tsx";
import { StatRow } from "../../components/stats.tsx";
import { compact, count, figure, percent } from "../../format.ts";
import { currentQuery, writeQuery } from "../../router.ts";
import { type FaultMessage, faultOf, RemoteError } from "../../worker/protocol.ts";
import { Columns } from "./columns.tsx";
import type { Begun, DataContract, Source, Status, TableSummary } from "./contract.ts";
import { Controls, Goal } from "./controls.tsx";
import { type DataOptions, fromQuery, initialOptions, toQuery } from "./options.ts";
import { PredictForm } from "./predict-form.tsx";
import { Result } from "./result.tsx";
import { samples } from "./samples.ts";
import { TableDrop } from "./table-drop.tsx";
import { TakeHome } from "./take-home.tsx";
import "./data.css";

const NAME = "data";

/** A table that was read, with what it begins with. */
interface Given {
  readonly summary: TableSummary;
  /** Name of the sample that it is; undefined for the user's own. */
  readonly sample: string | undefined;
  readonly initial: DataOptions;
}

export function Page() {
  const [given, setGiven] = useState<Given>();
  const [options, setOptions] = useState<DataOptions>(initialOptions);
  const [guess, setGuess] = useState<Guess>();
  const [begun, setBegun] = useState<Begun>();
  const [status, setStatus] = useState<Status>();
  const [fault, setFault] = useState<FaultMessage>();
  const [busy, setBusy] = useState<string>();
  const connection = useRef<Connection<DataContract>>(undefined);
  const runs = useRef(0);

  const attempt = async (work: () => Promise<unknown>) => {
    setFault(undefined);
    try {
      await work();
    } catch (error) {
      setFault(error instanceof RemoteError ? error.fault : faultOf(error));
    }
    setBusy(undefined);
  };
  /** Forgets the network in training: the next one begins anew. */
  const forget = () => {
    runs.current += 1;
    setBegun(undefined);
    setStatus(undefined);
    void connection.current?.call.pause().catch(() => {});
  };
  const ask = async (target: string) => {
    setGuess(undefined);
    setGuess(await connection.current?.call.guess(target));
  };

  const take = (source: Source, sample: string | undefined, query = new URLSearchParams()) =>
    attempt(async () => {
      setBusy(`Reading ${source.name} …`);
      const summary = await connection.current?.call.read(source);
      if (!summary) return;
      forget();
      const initial = optionsFor(summary);
      const wanted = fromQuery(query, initial);
      const known = summary.columns.some(({ name }) => name === wanted.target);
      const next = known ? wanted : { ...wanted, target: initial.target };
      setGiven({ summary, sample, initial });
      setOptions(next);
      writeQuery(NAME, toQuery(next, initial, sample));
      await ask(next.target);
    });
  const takeSample = (name: string, query?: URLSearchParams) => {
    const sample = samples.find((one) => one.name === name);
    if (!sample) return;
    void attempt(async () => {
      setBusy(`Making ${sample.file} …`);
      await take({ name: sample.file, content: await sample.make() }, name, query);
    });
  };

  useEffect(() => {
    const made = connect<DataContract>(
      NAME,
      ({ status: next }) => next.run === runs.current && setStatus(next),
      setFault,
    );
    connection.current = made;
    const query = currentQuery();
    takeSample(query.get("sample") ?? "", query);
    return () => made.close();
  }, []);

  const change = (part: Partial<DataOptions>) => {
    if (!given) return;
    const next = { ...options, ...part };
    setOptions(next);
    writeQuery(NAME, toQuery(next, given.initial, given.sample));
    forget();
    if (part.target !== undefined) void attempt(() => ask(next.target));
  };
  /** The column that is no longer the target is an input if it can be. */
  const changeTarget = (target: string) => {
    const before = given?.summary.columns.find(({ name }) => name === options.target);
    const ignored = options.ignored.filter((name) => name !== target);
    change({ target, task: undefined, ignored: before && !isInput(before) ? [...ignored, before.name] : ignored });
  };
  const train = () =>
    attempt(async () => {
      const { call } = connection.current ?? {};
      if (!begun) {
        setBusy("Making the network ready …");
        const made = await call?.begin(options, runs.current);
        if (made?.run !== runs.current) return;
        setBegun(made);
      }
      await call?.play();
    });

  const progress = status?.progress;
  const running = progress?.running ?? false;
  const task: Task = begun?.task ?? options.task ?? guess?.task ?? "regression";
  useEffect(() => {
    document.title = running && progress ? `▶ epoch ${progress.epoch} · chainrule` : "Your data · chainrule";
  }, [running, progress?.epoch]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a file may be dropped anywhere; the button does the same.
    <div
      class="your-data"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const [file] = event.dataTransfer?.files ?? [];
        if (file) void take({ name: file.name, content: file }, undefined);
      }}
    >
      <h1>Train on your own table</h1>
      <p class="lead">
        Give a CSV file, choose what to predict, and take the model home. <strong>Nothing leaves this computer</strong>:
        the file is read and learned from in this page
        {backend.value?.kind === "cpu" && ", on the CPU reference as there is no WebGPU, so keep it small"}.
      </p>
      {fault && (
        <Notice tone="error" title="That did not work">
          <Fault fault={fault} />
        </Notice>
      )}
      <TableDrop
        small={given !== undefined}
        file={given?.summary.file}
        busy={busy}
        onFile={(file) => void take({ name: file.name, content: file }, undefined)}
        onSample={takeSample}
      />
      {given && (
        <>
          <section class="panel course" aria-label="Training">
            <Button
              kind="primary"
              disabled={busy !== undefined}
              onClick={() => (running ? void attempt(async () => connection.current?.call.pause()) : void train())}
            >
              {running ? <PauseIcon /> : <PlayIcon />} {running ? "Pause" : "Train"}
            </Button>
            <Progress
              label={busy ?? labelOf(progress, begun)}
              share={progress ? progress.step / progress.until : 0}
              seconds={progress?.seconds ?? 0}
            />
            <StatRow label="How training stands" stats={statsOf(status, begun, task)} />
          </section>
          <div class="workbench">
            <div class="stack">
              <Panel title="What to learn" class="goal-panel">
                <Goal
                  options={options}
                  columns={given.summary.columns}
                  guess={guess}
                  onTarget={changeTarget}
                  onChange={change}
                />
              </Panel>
              <Panel
                title="Columns"
                class="columns-panel"
                aside={<span class="count">{count(given.summary.rows)} rows</span>}
              >
                <Columns
                  columns={given.summary.columns}
                  target={options.target}
                  ignored={options.ignored}
                  onChange={(ignored) => change({ ignored })}
                />
              </Panel>
              <Panel title="Network and training" class="network-options">
                <Controls options={options} task={task} onChange={change} />
              </Panel>
            </div>
            <div class="stack">
              <Panel title="Loss">
                <LossChart
                  label="Loss by step"
                  logarithmic
                  at={progress?.curves.steps ?? []}
                  series={[
                    { label: "training batches", colour: "--positive", values: progress?.curves.train ?? [] },
                    { label: "test rows", colour: "--negative", values: progress?.curves.test ?? [] },
                  ]}
                />
              </Panel>
              <Result begun={begun} judgement={status?.judgement} target={options.target} />
            </div>
            <div class="stack">
              <PredictForm
                begun={begun}
                target={options.target}
                step={progress?.step ?? 0}
                predict={(cells) => connection.current?.call.predict(cells)}
              />
              <TakeHome
                file={given.summary.file}
                rows={given.summary.rows}
                task={task}
                options={options}
                ready={(progress?.step ?? 0) > 0}
                save={() => connection.current?.call.save()}
                onFault={setFault}
              />
              {begun && (
                <Panel title={backend.value?.kind === "cpu" ? "Memory" : "On the GPU"}>
                  <MemoryBar plan={begun.plan} />
                </Panel>
              )}
            </div>
          </div>
        </>
      )}
    </div>
  );
}

/** Whether a column holds a number on every row. */
const isInput = ({ kind }: TableSummary["columns"][number]) => kind === "numbers" || kind === "whole numbers";

/** The last column is the target; what holds no numbers is left out. */
function optionsFor({ columns }: TableSummary): DataOptions {
  const target = columns.at(-1)?.name ?? "";
  const ignored = columns.filter((column) => column.name !== target && !isInput(column)).map(({ name }) => name);
  return { ...initialOptions, target, ignored };
}

function labelOf(progress: Status["progress"] | undefined, begun: Begun | undefined): string {
  if (!progress || !begun) return "Not begun";
  const steps = Math.ceil(begun.trainRows / begun.plan.batch);
  return `Epoch ${count(Math.floor(progress.step / steps))} of ${count(Math.round(progress.until / steps))}`;
}

function statsOf(status: Status | undefined, begun: Begun | undefined, task: Task) {
  const { judgement, progress } = status ?? {};
  const score = judgement?.test ?? judgement?.train;
  const part = begun?.testRows === 0 ? "Training" : "Test";
  const rows = begun ? `, ${count(begun.testRows || begun.trainRows)} rows` : "";
  const rate = progress?.samplesPerSecond;
  const speed = { label: "Samples a second", value: rate ? compact(rate) : "–" };
  if (task === "classification") {
    const accuracy = score?.accuracy === undefined ? "–" : percent(score.accuracy);
    return [
      { label: `${part} accuracy${rows}`, value: <span data-testid="accuracy">{accuracy}</span> },
      { label: `${part} loss`, value: score ? figure(score.loss) : "–" },
      speed,
    ];
  }
  const fit = score?.fit;
  return [
    {
      label: `${part} error${rows}`,
      value: <span data-testid="rmse">{fit ? figure(fit.rmse) : "–"}</span>,
      title: "Root of the mean squared error, in the target’s own unit",
    },
    {
      label: `${part} R²`,
      value: <span data-testid="r2">{fit ? fit.r2.toFixed(3) : "–"}</span>,
      title: "Share of the target’s variance that is explained",
    },
    speed,
  ];
}
