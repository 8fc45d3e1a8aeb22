import type { ComponentChildren } from "preact";
import { lost } from "../client.ts";
import { compact, count } from "../format.ts";
import type { Progress as CourseProgress } from "../worker/course.ts";
import { Button } from "./button.tsx";
import { PauseIcon, PlayIcon } from "./icons.tsx";
import { Progress } from "./progress.tsx";
import { type Stat, StatRow } from "./stats.tsx";

export interface TrainingBarProps {
  /** Undefined before training is ready. */
  readonly progress: CourseProgress | undefined;
  /** What is done now. */
  readonly label: string;
  readonly stats: readonly Stat[];
  readonly disabled: boolean;
  readonly onPlay: () => void;
  readonly onPause: () => void;
  /** Buttons beside the one that trains. */
  readonly children?: ComponentChildren;
}

/** A training of a given length: play, pause, and where it stands. */
export function TrainingBar({ progress, label, stats, disabled, onPlay, onPause, children }: TrainingBarProps) {
  const running = progress?.running ?? false;
  return (
    <section class="panel course" aria-label="Training">
      <div class="course-buttons">
        <Button kind="primary" disabled={disabled || !!lost.value} onClick={running ? onPause : onPlay}>
          {running ? <PauseIcon /> : <PlayIcon />} {running ? "Pause" : "Train"}
        </Button>
        {children}
      </div>
      <Progress label={label} share={progress ? progress.step / progress.until : 0} seconds={progress?.seconds ?? 0} />
      <StatRow label="How training stands" stats={stats} />
    </section>
  );
}

/** `Epoch 3 of 40`. @param rows to train on */
export function epochText({ step, until }: CourseProgress, rows: number, batch: number): string {
  const steps = Math.ceil(rows / batch);
  return `Epoch ${count(Math.floor(step / steps))} of ${count(Math.round(until / steps))}`;
}

/** How fast it trains. @param what it counts: `Samples` */
export function speedOf(progress: CourseProgress | undefined, what: string): Stat {
  const rate = progress?.samplesPerSecond;
  return { label: `${what} a second`, value: rate ? compact(rate) : "–" };
}
