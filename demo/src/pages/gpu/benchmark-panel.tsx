import { Button } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { Progress } from "../../components/progress.tsx";
import { compact, count, precise, rounded, scientific } from "../../format.ts";
import { type Benchmark, medianOf } from "./benchmark.ts";
import type { ContestantName } from "./contestants.ts";
import type { Work } from "./contract.ts";
import { type Timing, TOLERANCE } from "./race.ts";
import { type LogScale, logScale } from "./scale.ts";

const contestantText: Readonly<Record<ContestantName, string>> = {
  chainrule: "chainrule",
  tfjs: "TensorFlow.js",
  reference: "CPU reference",
};

export interface BenchmarkPanelProps {
  /** Named beside the times; undefined where there is no GPU, or none yet. */
  readonly adapter: string | undefined;
  /** Whether there is none. */
  readonly without: boolean;
  readonly software: boolean;
  readonly benchmark: Benchmark | undefined;
  /** While it runs. */
  readonly work: Work | undefined;
  readonly disabled: boolean;
  readonly onRun: (tfjs: boolean) => void;
  readonly onStop: () => void;
}

/** Training steps a second, beside TensorFlow.js and the CPU. */
export function BenchmarkPanel({
  adapter,
  without,
  software,
  benchmark,
  work,
  disabled,
  onRun,
  onStop,
}: BenchmarkPanelProps) {
  return (
    <Panel title="Benchmark" class="benchmark-panel">
      <p class="about">
        The same small networks, the same first weights and rows, some 20 seconds in all. A time is shown only of whom
        computes the reference’s losses, within {rounded(100 * TOLERANCE, 2)} %.
      </p>
      <div class="runs-it">
        {without ? (
          <Button kind="primary" disabled={disabled} onClick={() => onRun(false)}>
            Measure the CPU reference
          </Button>
        ) : (
          <>
            <Button kind="primary" disabled={disabled} onClick={() => onRun(true)}>
              Load TensorFlow.js{tfjsSize()} and compare
            </Button>
            <Button disabled={disabled} onClick={() => onRun(false)}>
              Without TensorFlow.js
            </Button>
          </>
        )}
        {work && <Button onClick={onStop}>Stop</Button>}
      </div>
      {work && <Progress label={work.label} share={work.share} seconds={work.seconds} />}
      {benchmark && benchmark.networks.length > 0 && (
        <>
          <Times benchmark={benchmark} />
          <p class="hint" data-testid="measured-on">
            Measured on {adapter ?? "the CPU alone"}
            {software && ": software, where CPU and “GPU” are the same processor"}
            {benchmark.tfjs && `, with TensorFlow.js ${benchmark.tfjs} (webgpu)`}. Bars: median of the rounds on a
            logarithmic scale, each line ten times the one before; the thin line spans slowest and fastest round.
          </p>
        </>
      )}
    </Panel>
  );
}

/** `, 118 KB,`: what the build wrote into the page; nothing while the site is being worked on. */
function tfjsSize(): string {
  const bytes = Number(document.querySelector<HTMLMetaElement>("meta[name=tfjs-bytes]")?.content ?? 0);
  return bytes > 0 ? `, ${count(Math.round(bytes / 1000))} KB,` : "";
}

function Times({ benchmark }: { benchmark: Benchmark }) {
  const scale = logScale(benchmark.networks.flatMap(({ timings }) => timings.flatMap(({ rates }) => rates)));
  // Three labels at most: on a phone there is room for no more.
  const every = Math.ceil((scale.ticks.length - 1) / 2);
  const compared = benchmark.networks.some(({ timings }) => timings.length > 1);
  return (
    <table class="times">
      <caption class="hidden">Training steps a second of each network</caption>
      <thead>
        <tr>
          <th scope="col">Steps a second</th>
          <th scope="col">
            <div class="rate-line" aria-hidden="true">
              <span class="axis">
                {scale.ticks.map((tick, i) =>
                  i % every === 0 ? (
                    <span
                      key={tick}
                      class={scale.at(tick) === 1 ? "end" : ""}
                      style={{ left: `${100 * scale.at(tick)}%` }}
                    >
                      {compact(tick)}
                    </span>
                  ) : null,
                )}
              </span>
              <span />
            </div>
            <span class="hidden">Median</span>
          </th>
          {compared && (
            <th scope="col" class="number">
              chainrule is
            </th>
          )}
        </tr>
      </thead>
      {benchmark.networks.map(({ network, timings }) => {
        const own = medianOf(timings.find(({ contestant }) => contestant === "chainrule")?.rates ?? []);
        return (
          <tbody key={network}>
            <tr>
              <th scope="rowgroup" colSpan={compared ? 3 : 2} class="network">
                {network} <small>{agreementText(timings)}</small>
              </th>
            </tr>
            {timings.map((timing) => (
              <TimingRow key={timing.contestant} timing={timing} own={own} scale={scale} compared={compared} />
            ))}
          </tbody>
        );
      })}
    </table>
  );
}

interface TimingRowProps {
  readonly timing: Timing;
  /** chainrule's steps a second. */
  readonly own: number | undefined;
  readonly scale: LogScale;
  /** Whether there are others to compare with. */
  readonly compared: boolean;
}

function TimingRow({ timing, own, scale, compared }: TimingRowProps) {
  const { contestant, fault, rates } = timing;
  const name = (
    <th scope="row" class={contestant}>
      {contestantText[contestant]}
    </th>
  );
  if (fault !== undefined) {
    return (
      <tr data-contestant={contestant}>
        {name}
        <td colSpan={compared ? 2 : 1} class="fault-text">
          No time: {fault}
        </td>
      </tr>
    );
  }
  const median = medianOf(rates);
  const ratio = own === undefined || median === undefined ? undefined : own / median;
  return (
    <tr data-contestant={contestant}>
      {name}
      <td class="rate-cell">
        <div class="rate-line">
          <span class={`rate ${contestant}`} aria-hidden="true">
            {scale.ticks.map((tick) => (
              <u key={tick} style={{ left: `${100 * scale.at(tick)}%` }} />
            ))}
            {median !== undefined && (
              <>
                <i style={{ width: `${100 * scale.at(median)}%` }} />
                <b style={spanOf(rates, scale)} />
              </>
            )}
          </span>
          <strong>{median === undefined ? "…" : rateText(median)}</strong>
        </div>
      </td>
      {compared && (
        <td class="number">
          {contestant !== "chainrule" && ratio !== undefined && (
            <>
              {ratioText(ratio)}
              <span class="wide"> as fast</span>
            </>
          )}
        </td>
      )}
    </tr>
  );
}

function spanOf(rates: readonly number[], scale: LogScale) {
  const [low, high] = [scale.at(Math.min(...rates)), scale.at(Math.max(...rates))];
  return { left: `${100 * low}%`, width: `${100 * (high - low)}%` };
}

const rateText = (rate: number): string => (rate < 100 ? precise(rate, 3) : compact(rate));

function ratioText(ratio: number): string {
  const times = ratio >= 10 ? count(Math.round(ratio)) : precise(ratio, 2);
  return `${times} ×`;
}

/** How far the losses of those that have a time are from the reference's. */
function agreementText(timings: readonly Timing[]): string {
  const found = timings.flatMap(({ fault, agreement }) => (fault === undefined && agreement ? [agreement] : []));
  if (found.length === 0) return "";
  const difference = Math.max(...found.map((one) => one.difference));
  const steps = Math.min(...found.map((one) => one.steps));
  return `losses of ${steps} steps agree within ${scientific(difference, 0)}`;
}
