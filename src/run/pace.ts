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
export class Pace {
  /** Steps of the next submit. */
  steps = 1;
  /** Time of one step in ms, as last measured. */
  #time = 0;

  /**
   * A submit is done: sizes the next one by the time that its steps took, growing at most twofold.
   * @param read whether its time holds the reading of a report too
   */
  done({ steps, began, woke }: Submit, read = false): void {
    const now = performance.now();
    const took = now - began;
    const time = took / steps;
    const overslept = woke > 0 && now - woke < Math.max(AT_ONCE, AT_ONCE_PART * took);
    const most = read && this.#time > 0 ? GROWTH * this.#time : Number.POSITIVE_INFINITY;
    this.#time = Math.min(overslept ? time / 2 : time, most);
    const fitting = Math.floor(submitBudget() / Math.max(this.#time, 1e-3));
    this.steps = Math.max(1, Math.min(fitting, 2 * this.steps));
  }

  /**
   * Sleeps until most of a submit should be done. Dawn for Node polls in a busy loop from
   * the moment that something waits for the GPU, and takes a core from whatever else needs one, a software adapter above all.
   */
  async sleep(submit: Submit): Promise<void> {
    const time = ASLEEP * (submit.began + submit.steps * this.#time - performance.now());
    if (!pollsWhileWaiting() || time < SHORTEST_SLEEP) return;
    await new Promise((resolve) => setTimeout(resolve, time));
    submit.woke = performance.now();
  }
}
