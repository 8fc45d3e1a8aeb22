import type { Bytes, Plan } from "chainrule";
import type { Progress } from "../../worker/course.ts";
import type { ImageOptions } from "./options.ts";
import type { Picture } from "./picture.ts";

/** The network that the options describe, and the one that sees plain coordinates beside it. */
export type Which = "main" | "plain";

/** PSNR of the whole picture in dB by step. */
export interface Curve {
  readonly steps: readonly number[];
  readonly main: readonly number[];
  /** Null where only one network is trained. */
  readonly plain: readonly (number | null)[];
}

export interface Status {
  /** Number of the run. */
  readonly run: number;
  readonly progress: Progress;
  /** ½ Σⱼ (oⱼ − yⱼ)² of a pixel, averaged over the whole picture. */
  readonly loss: number;
  readonly plainLoss: number | undefined;
  readonly curve: Curve;
}

export interface Begun {
  readonly run: number;
  readonly plan: Plan;
}

export interface ImageContract {
  readonly methods: {
    /** Pixels along the longest side of what can be learned here. @param size that is asked for */
    longest(size: number): Promise<number>;
    /** Gives the picture that the next run learns. */
    take(picture: Picture): Promise<void>;
    /** @param run number of the run, by which the page tells a report of it from one of the run before */
    begin(options: ImageOptions, run: number): Promise<Begun>;
    play(): Promise<void>;
    pause(): Promise<void>;
    /** Draws what a network makes of the picture on a canvas. */
    show(which: Which, canvas: OffscreenCanvas): Promise<void>;
    hide(which: Which): Promise<void>;
    /** Sets how many points are drawn along a pixel's side. */
    detail(detail: number): Promise<void>;
    /** What the network makes of the picture, as it is drawn, as a PNG. */
    save(): Promise<Blob>;
  };
  readonly event:
    | { readonly kind: "status"; readonly status: Status }
    /** Bytes of training and drawing together. */
    | { readonly kind: "memory"; readonly bytes: Bytes };
}
