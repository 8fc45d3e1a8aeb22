import { CPU_SLICE, inSlices, nowAndThen, pause, REPORT_INTERVAL } from "../../worker/pace.ts";
import type { Speed } from "./contract.ts";

/** Time in ms between two judgements of all points. */
const JUDGE_INTERVAL = 300;

/** Time in ms of a slice of a replay on the GPU, each a point of the curves, the steps of its first, and how often it looks at all points. */
const REPLAY_SLICE = 60;
const FIRST_SLICE = 8;
const REPLAY_JUDGEMENTS = 12;

/** Steps a second at the two speeds that let one watch, and how many at once. */
const paces = {
  slow: { perSecond: 8, at: 1 },
  medium: { perSecond: 100, at: 4 },
} as const satisfies Record<Exclude<Speed, "full">, unknown>;

/** What is played. */
export interface Played {
  /** Whether there is a GPU. */
  readonly gpu: boolean;
  /** Takes at most `steps` steps. @returns how many */
  take(steps: number): Promise<number>;
  /** Looks at all points. */
  judge(): Promise<unknown>;
}

export interface Playing extends Played {
  readonly speed: Speed;
  running(): boolean;
  report(): void;
}

/** Trains until told otherwise, and reports. */
export function play({ gpu, speed, running, take, judge, report }: Playing): Promise<void> {
  const pace = speed === "full" ? undefined : paces[speed];
  const judgeAgain = nowAndThen(JUDGE_INTERVAL, judge);
  const reportAgain = nowAndThen(REPORT_INTERVAL, report);
  let due = performance.now();
  return inSlices({
    length: gpu ? REPORT_INTERVAL : CPU_SLICE,
    left: () => (running() ? (pace?.at ?? Number.POSITIVE_INFINITY) : 0),
    take,
    async after(steps) {
      if (pace) {
        const now = performance.now();
        due = Math.max(due + (1000 * steps) / pace.perSecond, now);
        await pause(due - now);
      } else if (!gpu) await pause(0);
      await judgeAgain();
      await reportAgain();
    },
  });
}

export interface Replaying extends Played {
  /** The step at which it is. */
  step(): number;
  readonly to: number;
  /** Ends it where it is. */
  readonly end: AbortSignal;
  /** @param from the step at which it began @param seconds since then */
  report(from: number, seconds: number): void;
}

/** Takes the steps up to one that was reached before. */
export function replay({ gpu, step, to, end, take, judge, report }: Replaying): Promise<void> {
  const [from, began] = [step(), performance.now()];
  let judged = from;
  const tell = nowAndThen(
    REPORT_INTERVAL,
    async () => {
      report(from, (performance.now() - began) / 1000);
      await pause(0);
    },
    { first: REPORT_INTERVAL },
  );
  return inSlices({
    length: gpu ? REPLAY_SLICE : CPU_SLICE,
    first: FIRST_SLICE,
    left: () => (end.aborted ? 0 : to - step()),
    take,
    async after() {
      if (step() - judged > (to - from) / REPLAY_JUDGEMENTS) {
        // Training went on from weights that are beyond judgement, and does so again.
        await judge().catch(() => {});
        judged = step();
      }
      await tell();
    },
  });
}
