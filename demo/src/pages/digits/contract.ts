import type { Plan } from "chainrule";
import type { Digits } from "../../digits.ts";
import type { Palette } from "../../theme.ts";
import type { Progress } from "../../worker/course.ts";
import type { DigitsOptions } from "./options.ts";

/** How the weights are shown. */
export interface View {
  /** Of the picture in CSS pixels. */
  readonly width: number;
  /** Pixels of the canvas to a CSS pixel. */
  readonly ratio: number;
  readonly palette: Palette;
}

/** A test image that was taken for another digit. */
export interface Mistake {
  /** Number of the image in the set. */
  readonly image: number;
  readonly truth: number;
  readonly predicted: number;
  /** What the network gives the digit it predicts, and the true one. */
  readonly probability: number;
  readonly truthProbability: number;
}

/** How good the network is on the test images. */
export interface Judgement {
  readonly accuracy: number;
  readonly loss: number;
  /** `[10, 10]`, down the true digit, across the predicted one. */
  readonly confusion: readonly number[];
  readonly mistakes: number;
  /** The surest of them first. */
  readonly worst: readonly Mistake[];
}

export interface Status {
  /** Number of the run. */
  readonly run: number;
  readonly progress: Progress;
  readonly judgement: Judgement;
}

export interface DigitsContract {
  readonly methods: {
    /** Takes the digits; called once, first. */
    take(digits: Digits): Promise<void>;
    show(canvas: OffscreenCanvas, view: View): Promise<void>;
    view(view: View): void;
    /** @param run number of the run, by which the page tells a report of it from one of the run before */
    begin(options: DigitsOptions, run: number): Promise<void>;
    play(): Promise<void>;
    pause(): Promise<void>;
    /** Sets the image whose probabilities are told, 64 pixels of 0 to 16; none if undefined. */
    look(pixels: Uint8Array | undefined): Promise<void>;
    save(): Promise<Uint8Array<ArrayBuffer>>;
  };
  readonly event:
    | { readonly kind: "status"; readonly status: Status }
    /** Numbers of the test images in the set. */
    | {
        readonly kind: "begun";
        readonly run: number;
        readonly plan: Plan;
        readonly test: Uint32Array;
        readonly train: number;
      }
    | { readonly kind: "seen"; readonly probabilities: Float32Array };
}
