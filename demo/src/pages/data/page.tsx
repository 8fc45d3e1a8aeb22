import type { Guess, Task } from "chainrule/table";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { backend } from "../../client.ts";
import { DropArea } from "../../components/drop-area.tsx";
import { LossPanel } from "../../components/loss-panel.tsx";
import { MemoryBar } from "../../components/memory.tsx";
import { Failure } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { epochText, speedOf, TrainingBar } from "../../components/training-bar.tsx";
import { useFault } from "../../components/use-fault.ts";
import { useSession } from "../../components/use-session.ts";
import { useTitle } from "../../components/use-title.ts";
import { figure, percent } from "../../format.ts";
import { currentQuery, writeQuery } from "../../router.ts";
import { Columns } from "./columns.tsx";
import type { Begun, DataContract, Source, Status, TableSummary } from "./contract.ts";
import { Controls, Goal } from "./controls.tsx";
import { type DataOptions, fitTo, fromQuery, initialOptions, lengthOf, toQuery } from "./options.ts";
import { PredictForm } from "./predict-form.tsx";
import { Result } from "./result.tsx";
import { samples } from "./samples.ts";
import { TableDrop } from "./table-drop.tsx";
import { TakeHome } from "./take-home.tsx";
import { useLatest } from "./use-latest.ts";
import { r2Text, rowsText } from "./words.ts";
import "./data.css";

const NAME = "data";

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
  const [guess, setGuess] = useState<Guess>();
  const [begun, setBegun] = useState<Begun>();
  const [status, setStatus] = useState<Status>();
  const { fault, setFault, attempt: tryTo } = useFault();
  const [busy, setBusy] = useState<string>();
  /** Whether a table is on its way that the address names or the last visit left, before there is one. */
  const [awaited, setAwaited] = useState(() => currentQuery().has("sample") || kept !== undefined);
  const runs = useRef(0);
  /** Works under way. */
  const pending = useRef(0);
  const [beginTake, beginAsk] = [useLatest(), useLatest()];

  const call = useSession<DataContract>(
    NAME,
    ({ status: next }) => next.run === runs.current && setStatus(next),
    setFault,
  );
  /** @param wanted whether a failure is still to be told */
  const attempt = async (work: () => Promise<unknown>, wanted = () => true) => {
    pending.current += 1;
    await tryTo(() =>
      work().catch((error) => {
        if (wanted()) throw error;
      }),
    );
    pending.current -= 1;
    if (pending.current === 0) setBusy(undefined);
  };
  /** Forgets the network in training: the next one begins anew. */
  const forget = () => {
    runs.current += 1;
    setBegun(undefined);
    setStatus(undefined);
    void call.pause().catch(() => {});
  };
  const ask = (target: string) => {
    const wanted = beginAsk();
    setGuess(undefined);
    return attempt(async () => {
      const found = await call.guess(target);
      if (wanted()) setGuess(found);
    }, wanted);
  };

  const take = (name: string, make: () => Awaitable<Source["content"]>, sample?: string, query?: URLSearchParams) => {
    const wanted = beginTake();
    return attempt(async () => {
      setBusy(`Reading ${name} …`);
      const source = { name, content: await make() };
      if (!wanted()) return;
      const summary = await call.read(source);
      // Shown though a later one may be wanted by now: until that is read, if it can be, the worker has this one.
      forget();
      const initial = optionsFor(summary);
      const columns = summary.columns.map(({ name }) => name);
      const next = fitTo(columns, fromQuery(query ?? new URLSearchParams(), initial), initial);
      setGiven({ summary, sample, initial });
      setOptions(next);
      kept = { source, sample, query: toQuery(next, initial, sample) };
      writeQuery(NAME, kept.query);
      await ask(next.target);
    }, wanted);
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
  const train = () =>
    attempt(async () => {
      if (!begun) {
        setBusy("Making the network ready …");
        const made = await call.begin(options, runs.current);
        if (made.run !== runs.current) return;
        setBegun(made);
      }
      await call.play();
    });

  const progress = status?.progress;
  const running = progress?.running ?? false;
  const task: Task = begun?.task ?? options.task ?? guess?.task ?? "regression";
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
        busy={busy}
        onFile={takeFile}
        onSample={(name) => void takeSample(name)}
      />
      {given && (
        <>
          <TrainingBar
            progress={progress}
            label={busy ?? (progress && begun ? epochText(progress, begun.trainRows, begun.plan.batch) : "Not begun")}
            stats={statsOf(status, begun, task)}
            disabled={busy !== undefined}
            onPlay={() => void train()}
            onPause={() => void attempt(() => call.pause())}
          />
          <div class="workbench">
            <div class="stack">
              <Panel title="What to learn">
                <Goal
                  key={given.summary.file}
                  options={options}
                  columns={given.summary.columns}
                  guess={guess}
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

/** The last column is the target; what holds no numbers is left out. */
function optionsFor({ columns }: TableSummary): DataOptions {
  const target = columns.at(-1)?.name ?? "";
  const ignored = columns.filter((column) => column.name !== target && !isInput(column)).map(({ name }) => name);
  return { ...initialOptions, target, ignored };
}

/** What a network will have. */
function expectedOf({ columns }: TableSummary, { target, ignored }: DataOptions, task: Task) {
  const inputs = columns.filter(({ name }) => name !== target && !ignored.includes(name)).length;
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
