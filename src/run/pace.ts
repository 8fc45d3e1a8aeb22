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

/** How many steps a submit holds and when it should be done, both by measured time. Never changes a result. */
export class Pace {
  /** Steps of the next submit. */
  steps = 1;
  /** Time of one step in ms, as last measured. */
  #time = 0;
  /** When the last sleep ended; 0 without one. */
  #woke = 0;

  /** When what runs now began, as far as is known. */
  #began = 0;
  /** Steps that were submitted and are not done, in their submits. */
  readonly #pending: number[] = [];

  submitted(steps: number): void {
    if (this.#pending.length === 0) this.#began = performance.now();
    this.#pending.push(steps);
  }

  /**
   * The oldest submit is done: sizes the next one by the time that its steps took, growing at most twofold.
   * @param read whether its time holds the reading of a report too
   */
  done(read = false): void {
    const now = performance.now();
    const took = now - this.#began;
    const time = took / (this.#pending.shift() ?? 1);
    const overslept = this.#woke > 0 && now - this.#woke < Math.max(AT_ONCE, AT_ONCE_PART * took);
    const most = read && this.#time > 0 ? GROWTH * this.#time : Number.POSITIVE_INFINITY;
    this.#time = Math.min(overslept ? time / 2 : time, most);
    this.#woke = 0;
    this.#began = now;
    const fitting = Math.floor(submitBudget() / Math.max(this.#time, 1e-3));
    this.steps = Math.max(1, Math.min(fitting, 2 * this.steps));
  }

  /**
   * Sleeps until most of the oldest submit should be done. Dawn for Node polls in a busy loop from
   * the moment that something waits for the GPU, and takes a core from whatever else needs one, a software adapter above all.
   */
  async untilNearlyDone(): Promise<void> {
    const [oldest = 0] = this.#pending;
    const time = ASLEEP * (this.#began + oldest * this.#time - performance.now());
    if (!pollsWhileWaiting() || time < SHORTEST_SLEEP) return;
    await new Promise((resolve) => setTimeout(resolve, time));
    this.#woke = performance.now();
  }
}
