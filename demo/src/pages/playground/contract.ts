import type { Plan } from "chainrule";
import type { Palette } from "../../theme.ts";
import type { Curves } from "../../worker/curves.ts";
import type { LiveOptions, PlaygroundState } from "./options.ts";

/** Steps a second: a few to watch, or as many as the GPU can. */
export type Speed = "slow" | "medium" | "full";

/** What is shown of the picture. */
export interface View {
  /** Pixels of the surface's canvas, which is a square. */
  readonly surface: number;
  /** Width of the network in CSS pixels. */
  readonly network: number;
  /** Pixels of a canvas to a CSS pixel. */
  readonly ratio: number;
  readonly palette: Palette;
  /** The unit whose response the surface shows; the output if undefined. */
  readonly unit: { readonly layer: number; readonly unit: number } | undefined;
}

/** How far the way to a step is, which is trained anew. */
export interface Replay {
  /** Number of the run. */
  readonly run: number;
  readonly step: number;
  /** The step at which it began. */
  readonly from: number;
  /** The step at which it ends. */
  readonly to: number;
  /** Time spent so far in seconds. */
  readonly seconds: number;
}

/** How training stands. */
export interface Status {
  /** Number of the run. */
  readonly run: number;
  readonly state: PlaygroundState;
  /** The last step ever reached, to which the timeline runs. */
  readonly reached: number;
  readonly running: boolean;
  readonly curves: Curves;
  readonly accuracy: Scores | undefined;
  readonly samplesPerSecond: number | undefined;
  readonly framesPerSecond: number | undefined;
  /** Twelve digits that follow from the weights; only while paused. */
  readonly fingerprint: string | undefined;
}

/** Share of points on the right side. */
export interface Scores {
  readonly train: number;
  readonly test: number | undefined;
}

/** What was done about numbers that grew beyond all bounds. */
export interface Recovery {
  /** Where training stood. */
  readonly from: number;
  /** The step gone back to. */
  readonly step: number;
  /** Mean loss there. */
  readonly loss: number;
  /** The learning rate that was, and the one from there on. */
  readonly rates: readonly [before: number, after: number];
}

export interface PlaygroundContract {
  readonly methods: {
    /** Takes the canvases; called once, first. */
    show(canvases: { surface: OffscreenCanvas; network: OffscreenCanvas }, view: View): Promise<void>;
    view(view: View): void;
    /**
     * Begins a run and takes it to its step. An earlier run is given up, its replay too, and is not begun where it still waits.
     * @param run number of the run, by which the page tells a report of it from one of the run before
     */
    begin(state: PlaygroundState, run: number): Promise<void>;
    play(speed: Speed): Promise<void>;
    /** Ends what runs, a replay too, at the step that it has reached. */
    pause(): Promise<void>;
    /** Takes `steps` steps and pauses. */
    advance(steps: number): Promise<void>;
    /** Goes to a step that was reached before, exactly, and pauses. */
    rewind(step: number): Promise<void>;
    /** Changes options from the next step on, the others stay. What was logged after this step is forgotten. */
    edit(change: Partial<LiveOptions>): Promise<void>;
    /** After a step failed: goes back to where the loss was sound, and lowers the learning rate. @returns undefined if it was told to end on the way */
    recover(): Promise<Recovery | undefined>;
    /** A safetensors file of the network. */
    save(): Promise<Uint8Array<ArrayBuffer>>;
  };
  readonly event:
    | { readonly kind: "status"; readonly status: Status }
    | { readonly kind: "plan"; readonly plan: Plan }
    /** The pictures show a run for the first time. */
    | { readonly kind: "drawn"; readonly run: number }
    /** Replay of earlier steps, after a rewind or where an address begins at a later step. */
    | { readonly kind: "replay"; readonly replay: Replay };
}
