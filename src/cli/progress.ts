import { Presets, SingleBar } from "cli-progress";
import type { Report } from "../run/types.ts";
import { formatCount, formatNumber, formatRate, formatSeconds, formatShare } from "./format.ts";
import { type Output, say, streamOf } from "./output.ts";
import type { Epoch } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** What is said when a signal has asked for an end. */
export const stopping = "stopping; Ctrl-C again ends at once";

/** Shows how training goes. */
export interface ProgressDisplay {
  show(report: Report): void;
  end(): void;
}

/** Least time between two lines where stderr is no terminal, in ms. */
const linePause = 2000;

/**
 * On stderr: a bar in a terminal; in a pipe or a file, a line now and then.
 * @param whole what an epoch is made of, to tell one that was begun from one that ended
 * @param signal its abort is said, since the steps under way may take a while to end
 */
export function createProgress(
  epochs: number,
  whole: Epoch,
  signal: AbortSignal,
  { env, stderr }: Pick<Terminal, "env" | "stderr">,
): ProgressDisplay {
  const bar = stderr.isTTY && env.TERM !== "dumb";
  const progress = bar ? createBar(epochs, stderr) : createLines(epochs, whole, stderr);
  const onAbort = () => progress.note(stopping);
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    show: progress.show,
    end() {
      signal.removeEventListener("abort", onAbort);
      progress.end();
    },
  };
}

interface Display extends ProgressDisplay {
  note(text: string): void;
}

function createBar(epochs: number, stream: Output): Display {
  const bar = new SingleBar(
    {
      format: "epoch {value}/{total} {bar} {figures}",
      stream: streamOf(stream),
      hideCursor: true,
      barsize: 16,
    },
    Presets.shades_classic,
  );
  const start = performance.now();
  const left = (epoch: number) => ((performance.now() - start) / 1000) * (epochs / epoch - 1);
  // The second signal ends the process where it stands: the terminal needs its cursor and its line wrap back.
  const stop = () => bar.stop();
  process.once("exit", stop);
  bar.start(epochs, 0, { figures: "in the first epoch" });
  return {
    show: (report) =>
      bar.update(report.epoch, { figures: `${figures(report)} | ${formatSeconds(left(report.epoch))} left` }),
    note: (text) => bar.update({ figures: text }),
    end() {
      process.off("exit", stop);
      stop();
    },
  };
}

function createLines(epochs: number, whole: Epoch, stream: Output): Display {
  let shown = Number.NEGATIVE_INFINITY;
  let pending: Report | undefined;
  const write = (report: Report) => {
    const part = report.steps < whole.steps ? ` | ${report.steps} of ${formatCount(whole.steps, "step")}` : "";
    say(stream, `epoch ${report.epoch}/${epochs}${part} | ${figures(report)}`);
    shown = performance.now();
    pending = undefined;
  };
  return {
    show(report) {
      pending = report;
      if (performance.now() - shown >= linePause) write(report);
    },
    note: (text) => say(stream, text),
    end() {
      if (pending) write(pending);
    },
  };
}

function figures({ loss, accuracy, samplesPerSecond }: Report): string {
  const share = accuracy === undefined ? [] : [`accuracy ${formatShare(accuracy)}`];
  return [`loss ${formatNumber(loss)}`, ...share, `${formatRate(samplesPerSecond)} samples/s`].join(" | ");
}
