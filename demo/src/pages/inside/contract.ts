import type { Plan, StepDescription } from "chainrule";
import type { Palette } from "../../theme.ts";
import type { InsideState } from "./state.ts";

/** A tensor as a step left it. Class numbers come as floats. */
export interface TensorValues {
  readonly shape: readonly number[];
  /** As the GPU has them; undefined without a GPU. */
  readonly gpu: Float32Array | undefined;
  /** The CPU reference's, from the same parameters. */
  readonly cpu: Float32Array;
}

/** A plan with what each of its dispatches reads and writes. */
export interface DescribedPlan {
  readonly plan: Plan;
  readonly steps: readonly StepDescription[];
  /** As the command line prints it. */
  readonly text: string;
}

/** One training step, all of it. */
export interface StepRecord {
  /** Which call of `take` it came of. */
  readonly number: number;
  readonly state: InsideState;
  /**
   * By name, as in the textbook plan, and besides: `W1` is before the update and `W1+` after it, `ell` is ℓ of each row, `L`, `s` and
   * `J` are the sums.
   */
  readonly tensors: Readonly<Record<string, TensorValues>>;
  readonly textbook: DescribedPlan;
  readonly fused: DescribedPlan;
  /** What runs by default where the network is as small as here. */
  readonly whole: DescribedPlan;
  /** Time in seconds from the options to pipelines that run; undefined without a GPU. */
  readonly compileSeconds: number | undefined;
}

/** A tensor's place on the board, in CSS pixels from its top left corner. */
export interface Place {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly rows: number;
  readonly columns: number;
  /** The magnitude that has the full colour. */
  readonly most: number;
}

/** What is to be drawn. */
export interface BoardView {
  /** Of the record that the places belong to. */
  readonly number: number;
  readonly width: number;
  readonly height: number;
  /** Pixels of the canvas to a CSS pixel. */
  readonly ratio: number;
  readonly palette: Palette;
  /** How far colours go, so that text on them stays readable. */
  readonly strength: number;
  readonly places: readonly Place[];
}

export interface InsideContract {
  readonly methods: {
    /** Takes the canvas; called once. */
    show(canvas: OffscreenCanvas): Promise<void>;
    view(view: BoardView): void;
    /** Takes the training step that follows `state.step` steps, and reads everything once. */
    take(state: InsideState): Promise<StepRecord>;
  };
  readonly event: never;
}
