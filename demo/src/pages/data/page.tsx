import type { Task } from "chainrule/table";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { backend } from "../../client.ts";
import { Button } from "../../components/button.tsx";
import { DropArea } from "../../components/drop-area.tsx";
import { LossPanel } from "../../components/loss-panel.tsx";
import { MemoryBar } from "../../components/memory.tsx";
import { Failure } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { epochText, speedOf, TrainingBar } from "../../components/training-bar.tsx";
import { useFault } from "../../components/use-fault.ts";
import { useLatest } from "../../components/use-latest.ts";
import { useSession } from "../../components/use-session.ts";
import { useTitle } from "../../components/use-title.ts";
import { figure, percent } from "../../format.ts";
import { currentQuery, writeQuery } from "../../router.ts";
import { Columns } from "./columns.tsx";
import type { Begun, DataContract, Outlook, Source, Status, TableSummary } from "./contract.ts";
import { Controls, Goal } from "./controls.tsx";
import { type DataOptions, fitTo, fromQuery, initialOptions, lengthOf, toQuery } from "./options.ts";
import { PredictForm } from "./predict-form.tsx";
import { type Reader, startReader } from "./reader.ts";
import { Result } from "./result.tsx";
import { samples } from "./samples.ts";
import { TableDrop } from "./table-drop.tsx";
import { TakeHome } from "./take-home.tsx";
import { r2Text, rowsText } from "./words.ts";
import "./data.css";

const NAME = "data";
const READYING = "Making the network ready …";

/** A table that was read, with what it begins with. */
interface Given {
  readonly summary: TableSummary;
  /** Name of the sample that it is; undefined for the user's own. */
  readonly sample: string | undefined;
  readonly initial: DataOptions;
}

type Awaitable<T> = T | Promise<T>;

/** The table of this visit and its options: it is there again after another page, or after the GPU was lost. */
let kept: { readonly source: Source; readonly sample: string | undefined; readonly query: URLSearchParams } | undefined;

export function Page() {
  const [given, setGiven] = useState<Given>();
  const [options, setOptions] = useState<DataOptions>(initialOptions);
  const [outlook, setOutlook] = useState<Outlook>();
  const [begun, setBegun] = useState<Begun>();
  const [status, setStatus] = useState<Status>();
  const { fault, setFault, attempt: tryTo } = useFault();
  const [busy, setBusy] = useState<string>();
  /** Name of the table that is being read. */
  const [reads, setReads] = useState<string>();
  /** Whether a table is on its way that the address names or the last visit left, before there is one. */
  const [awaited, setAwaited] = useState(() => currentQuery().has("sample") || kept !== undefined);
  const runs = useRef(0);
  /** The table that is there, and the one that is being read. */
  const [table, reading] = [useRef<Reader>(undefined), useRef<Reader>(undefined)];
  const [beginTake, beginAsk] = [useLatest(), useLatest()];

  const call = useSession<DataContract>(
    NAME,
    (event) => {
      const run = event.kind === "status" ? event.status.run : event.run;
      if (run !== runs.current) return;
      if (event.kind === "status") setStatus(event.status);
      else setBusy(`${READYING} ${percent(event.share)}`);
    },
    setFault,
  );
  /** @param wanted whether a failure is still to be told */
  const attempt = (work: () => Promise<unknown>, wanted = () => true) =>
    tryTo(() =>
      work().catch((error) => {
        if (wanted()) throw error;
      }),
    );
  /** Forgets the network in training, or that is made ready: the next one begins anew. */
  const forget = () => {
    runs.current += 1;
    setBusy(undefined);
    setBegun(undefined);
    setStatus(undefined);
    table.current?.stop();
    void call.end().catch(() => {});
  };
  const ask = (target: string) => {
    const wanted = beginAsk();
    setOutlook(undefined);
    return attempt(async () => {
      const found = await table.current?.look(target);
      if (wanted()) setOutlook(found);
    }, wanted);
  };

  /** Ends the reading that is under way, if one is; the table before stays. */
  const cancel = () => {
    beginTake();
    reading.current?.end();
    reading.current = undefined;
    setReads(undefined);
  };
  /** Reads a table in a worker of its own, which then takes the place of the one before. */
  const read = async (name: string, make: () => Awaitable<Source["content"]>) => {
    const reader = startReader();
    reading.current = reader;
    setReads(name);
    try {
      const source = { name, content: await make() };
      const summary = await reader.read(source);
      table.current?.end();
      table.current = reader;
      return { source, summary };
    } catch (error) {
      reader.end();
      throw error;
    } finally {
      if (reading.current === reader) {
        reading.current = undefined;
        setReads(undefined);
      }
    }
  };
  const take = (name: string, make: () => Awaitable<Source["content"]>, sample?: string, query?: URLSearchParams) => {
    cancel();
    return attempt(async () => {
      const { source, summary } = await read(name, make);
      forget();
      const initial = optionsFor(summary);
      const columns = summary.columns.map(({ name }) => name);
      const next = fitTo(columns, fromQuery(query ?? new URLSearchParams(), initial), initial);
      setGiven({ summary, sample, initial });
      setOptions(next);
      kept = { source, sample, query: toQuery(next, initial, sample) };
      writeQuery(NAME, kept.query);
      await ask(next.target);
    }, beginTake());
  };
  const takeFile = (file: File) => void take(file.name, () => file);
  const takeSample = (name: string, query?: URLSearchParams) => {
    const sample = samples.find((one) => one.name === name);
    return sample && take(sample.file, sample.make, name, query);
  };
  const takeAgain = ({ source, sample, query: before }: NonNullable<typeof kept>, query: URLSearchParams) =>
    take(source.name, () => source.content, sample, query.size > 0 ? query : before);

  // A frame later, this table would take the place of one that is given as soon as the page is shown.
  useLayoutEffect(() => {
    const query = currentQuery();
    const sample = query.get("sample");
    const taking = sample !== null ? takeSample(sample, query) : kept && takeAgain(kept, query);
    void Promise.resolve(taking).then(() => setAwaited(false));
    return () => {
      cancel();
      table.current?.end();
    };
  }, []);

  const change = (part: Partial<DataOptions>) => {
    if (!given) return;
    const next = { ...options, ...part };
    setOptions(next);
    const query = toQuery(next, given.initial, given.sample);
    if (kept) kept = { ...kept, query };
    writeQuery(NAME, query);
    forget();
    if (part.target !== undefined) void ask(next.target);
  };
  /** The column that is no longer the target is an input if it can be. */
  const changeTarget = (target: string) => {
    const before = given?.summary.columns.find(({ name }) => name === options.target);
    const ignored = options.ignored.filter((name) => name !== target);
    change({ target, task: undefined, ignored: before && !isInput(before) ? [...ignored, before.name] : ignored });
  };
  /** Makes a network ready. @returns whether it is wanted still */
  const begin = async (latest: () => boolean) => {
    setBusy(READYING);
    const prepared = await table.current?.prepare(options);
    if (!prepared || !latest()) return false;
    const made = await call.begin(prepared, options, runs.current);
    if (latest()) setBegun(made);
    return latest();
  };
  const train = () => {
    const run = runs.current;
    const latest = () => run === runs.current;
    return attempt(async () => {
      try {
        if (begun || (await begin(latest))) await call.play();
      } finally {
        if (latest()) setBusy(undefined);
      }
    }, latest);
  };

  const progress = status?.progress;
  const running = progress?.running ?? false;
  const task: Task = begun?.task ?? options.task ?? outlook?.guess.task ?? "regression";
  useTitle("Your data", running ? `epoch ${progress?.epoch}` : undefined);

  return (
    <DropArea class="your-data" onFile={takeFile}>
      <h1>Train on your own table</h1>
      <p class="lead">
        Give a CSV file, choose what to predict, and take the model home. <strong>Nothing leaves this computer</strong>:
        the file is read and learned from in this page
        {backend.value?.kind === "cpu" && ", on the CPU reference as there is no WebGPU, so keep it small"}.
      </p>
      <Failure fault={fault} />
      <TableDrop
        small={given !== undefined || awaited}
        file={given?.summary.file}
        reads={reads}
        onCancel={cancel}
        onFile={takeFile}
        onSample={(name) => void takeSample(name)}
      />
      {given && (
        <>
          <TrainingBar
            progress={progress}
            label={busy ?? (progress && begun ? epochText(progress, begun.trainRows, begun.plan.batch) : "Not begun")}
            stats={statsOf(status, begun, task)}
            disabled={busy !== undefined || (outlook?.doubts[task]?.refused ?? false)}
            onPlay={() => void train()}
            onPause={() => void attempt(() => call.pause())}
          >
            <span class={busy ? "" : "kept-free"}>
              <Button onClick={forget}>Cancel</Button>
            </span>
          </TrainingBar>
          <div class="workbench">
            <div class="stack">
              <Panel title="What to learn">
                <Goal
                  key={given.summary.file}
                  options={options}
                  columns={given.summary.columns}
                  outlook={outlook}
                  onTarget={changeTarget}
                  onChange={change}
                />
              </Panel>
              <Panel title="Columns" aside={<span class="hint">{rowsText(given.summary.rows)}</span>}>
                <Columns
                  key={given.summary.file}
                  columns={given.summary.columns}
                  target={options.target}
                  ignored={options.ignored}
                  onChange={(ignored) => change({ ignored })}
                />
              </Panel>
              <Panel title="Network and training">
                <Controls options={options} task={task} onChange={change} />
              </Panel>
            </div>
            <div class="stack">
              <LossPanel curves={progress?.curves} test="test rows" logarithmic />
              <Result begun={begun} judgement={status?.judgement} target={options.target} />
            </div>
            <div class="stack">
              <PredictForm
                begun={begun}
                expected={expectedOf(given.summary, options, task)}
                target={options.target}
                step={progress?.step ?? 0}
                running={running}
                predict={call.predict}
              />
              <TakeHome
                file={given.summary.file}
                sample={given.sample}
                rows={given.summary.rows}
                task={task}
                options={options}
                length={progress && begun && lengthOf(progress, Math.ceil(begun.trainRows / begun.plan.batch))}
                ready={(progress?.step ?? 0) > 0}
                save={call.save}
                attempt={tryTo}
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
    </DropArea>
  );
}

/** Whether a column holds a number on every row. */
const isInput = ({ kind }: TableSummary["columns"][number]) => kind === "numbers" || kind === "whole numbers";

/** What holds no numbers is left out. */
function optionsFor({ columns, target }: TableSummary): DataOptions {
  const ignored = columns.filter((column) => column.name !== target && !isInput(column)).map(({ name }) => name);
  return { ...initialOptions, target, ignored };
}

/** What a network will have. */
function expectedOf({ columns }: TableSummary, { target, ignored }: DataOptions, task: Task) {
  const left = new Set([...ignored, target]);
  const inputs = columns.filter(({ name }) => !left.has(name)).length;
  const classes = columns.find(({ name }) => name === target)?.distinct ?? 0;
  return { inputs, classes: task === "classification" ? classes : 0 };
}

function statsOf(status: Status | undefined, begun: Begun | undefined, task: Task) {
  const { judgement, progress } = status ?? {};
  const score = judgement?.test ?? judgement?.train;
  const part = begun?.testRows === 0 ? "Training" : "Test";
  const rows = begun ? `, ${rowsText(begun.testRows || begun.trainRows)}` : "";
  const speed = speedOf(progress, "Samples");
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
      label: `${part} RMSE${rows}`,
      value: <span data-testid="rmse">{fit ? figure(fit.rmse) : "–"}</span>,
      title: "Root of the mean squared error, in the target’s own unit",
    },
    {
      label: `${part} R²`,
      value: <span data-testid="r2">{fit ? r2Text(fit.r2, 3) : "–"}</span>,
      title: "Share of the target’s variance that is explained",
    },
    speed,
  ];
}
