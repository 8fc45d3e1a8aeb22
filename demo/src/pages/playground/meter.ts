import type { Report } from "chainrule";
import { type Curves, noCurves, upTo, withPoint, withTest } from "../../worker/curves.ts";
import type { Scores } from "./contract.ts";
import type { Engine, Judgement } from "./engine.ts";
import { fingerprint } from "./fingerprint.ts";

/** What is told of a run besides its state. */
export class Meter {
  #curves = noCurves;
  #accuracy: Scores | undefined;
  #samplesPerSecond: number | undefined;
  #fingerprint: string | undefined;

  get shown() {
    return {
      curves: this.#curves,
      accuracy: this.#accuracy,
      samplesPerSecond: this.#samplesPerSecond,
      fingerprint: this.#fingerprint,
    };
  }

  get curves(): Curves {
    return this.#curves;
  }

  /** Begins with another run. */
  clear(): void {
    this.#curves = noCurves;
    this.#accuracy = undefined;
    this.#samplesPerSecond = undefined;
    this.#fingerprint = undefined;
  }

  /** Forgets what was learned after a step. */
  goTo(step: number): void {
    this.#curves = upTo(this.#curves, step);
  }

  /** Training begins to run: the weights change from now on. */
  start(): void {
    this.#fingerprint = undefined;
  }

  /** @param step at which the run is */
  add(step: number, { loss, samplesPerSecond }: Report): void {
    this.#curves = withPoint(this.#curves, step, loss);
    this.#samplesPerSecond = samplesPerSecond;
  }

  /** Looks at all points, and notes the loss of those for testing. @throws NumericError where the weights are beyond judgement */
  async judge(engine: Engine): Promise<Judgement> {
    // No word is left of weights before.
    this.#accuracy = undefined;
    const judgement = await engine.judge();
    this.#accuracy = judgement.accuracy;
    this.#curves = withTest(this.#curves, judgement.testLoss);
    return judgement;
  }

  /** Looks at a run that is at rest, whose weights have a fingerprint. @throws as `judge` */
  async settle(engine: Engine): Promise<Judgement> {
    this.#fingerprint = await fingerprint(engine.training);
    return this.judge(engine);
  }
}
