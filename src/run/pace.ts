import { pollsWhileWaiting, submitBudget } from "../device/runtime.ts";

/**
 * Part of the expected time to sleep through: what is done early would leave the GPU idle, and a sleep to the end would hide that
 * the time is too long.
 */
const ASLEEP = 0.88;

/**
 * Shortest sleep in ms that is worth a timer. One that wakes d late makes a submit seem to take at least ASLEEP of its expected time
 * and d, so times below d / (1 − ASLEEP) would never be found out; timers are late by a millisecond.
 */
const SHORTEST_SLEEP = 12;

/** Work that is done within so many ms of the question, or this part of its time, was done before: the sleep was too long. */
const AT_ONCE = 0.3;
const AT_ONCE_PART = 0.05;

/** Most that a report, whose latency is no step's time, may raise the time of a step. */
const GROWTH = 1.25;

/** Work that was submitted. */
export interface Submit {
  readonly steps: number;
  /** When it began to run, as far as is known. */
  began: number;
  /** When a sleep that waited for it ended; 0 without one. */
  woke: number;
}

/** How many steps a submit holds and how long to sleep for one, by the time that a step takes. Never changes a result. */
export interface Pace {
  /** Steps of the next submit. */
  steps: number;
  /**
   * A submit is done: sizes the next one by the time that its steps took, growing at most twofold.
   * @param read whether its time holds the reading of a report too
   */
  done(submit: Submit, read?: boolean): void;
  /**
   * Sleeps until most of a submit should be done. Dawn for Node polls in a busy loop from
   * the moment that something waits for the GPU, and takes a core from whatever else needs one, a software adapter above all.
   */
  sleep(submit: Submit): Promise<void>;
}

export function createPace(): Pace {
  /** Time of one step in ms, as last measured. */
  let known = 0;
  const pace: Pace = {
    steps: 1,
    done({ steps, began, woke }, read = false) {
      const now = performance.now();
      const took = now - began;
      const time = took / steps;
      const overslept = woke > 0 && now - woke < Math.max(AT_ONCE, AT_ONCE_PART * took);
      const most = read && known > 0 ? GROWTH * known : Number.POSITIVE_INFINITY;
      known = Math.min(overslept ? time / 2 : time, most);
      const fitting = Math.floor(submitBudget() / Math.max(known, 1e-3));
      pace.steps = Math.max(1, Math.min(fitting, 2 * pace.steps));
    },
    async sleep(submit) {
      const time = ASLEEP * (submit.began + submit.steps * known - performance.now());
      if (!pollsWhileWaiting() || time < SHORTEST_SLEEP) return;
      await new Promise((resolve) => setTimeout(resolve, time));
      submit.woke = performance.now();
    },
  };
  return pace;
}
