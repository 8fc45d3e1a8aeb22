import { type Bytes, bytesByRole, type Dataset, type Plan } from "chainrule";
import { Redraw } from "../../draw/redraw.ts";
import { optimizerOf } from "../../network.ts";
import { Course } from "../../worker/course.ts";
import type { Context, OpenSession, Session } from "../../worker/session.ts";
import { createTraining, type Training } from "../../worker/training.ts";
import { takeTurns } from "../../worker/turns.ts";
import type { Begun, Curve, ImageContract, Which } from "./contract.ts";
import { extended, noCurve } from "./curve.ts";
import { encode, frequencies } from "./features.ts";
import { CPU_SIZE, compares, detailFor, finer, type ImageOptions, modelOf } from "./options.ts";
import { createPainter, type PicturePainter } from "./painter.ts";
import { type Picture, targetsOf } from "./picture.ts";
import { psnrOf } from "./psnr.ts";

export const open: OpenSession<ImageContract> = (context) => new ImageSession(context);

/** A network that learns the picture, and what it sees of it. */
interface Learner {
  readonly training: Training;
  /** B of its Fourier features; empty for plain coordinates. */
  readonly frequencies: Float64Array;
  readonly data: Dataset;
}

/** What is trained now. */
interface Run {
  readonly picture: Picture;
  readonly learners: ReadonlyMap<Which, Learner>;
  readonly course: Course;
}

class ImageSession implements Session<ImageContract> {
  readonly methods: ImageContract["methods"];
  readonly #context: Context<ImageContract>;
  readonly #turn = takeTurns();
  readonly #redraw = new Redraw({
    running: () => this.#run?.course.progress.running ?? false,
    draw: () => {
      if (!this.#run || this.#painters.size === 0) return undefined;
      return Promise.all([...this.#painters.values()].map((painter) => painter.draw()));
    },
  });
  readonly #painters = new Map<Which, PicturePainter>();
  /** Forward passes that are drawn from. */
  readonly #drawn = new Map<Which, Plan>();
  #picture: Picture | undefined;
  #run: Run | undefined;
  #detail = 1;
  #closed = false;

  constructor(context: Context<ImageContract>) {
    this.#context = context;
    this.methods = {
      longest: async (size) => (context.device ? size : CPU_SIZE),
      take: (picture) =>
        this.#turn(async () => {
          this.#picture = picture;
        }),
      begin: (options, run) => this.#turn(() => this.#begin(options, run)),
      play: () => this.#turn(async () => this.#run?.course.play()),
      pause: () => this.#turn(async () => this.#run?.course.pause()),
      show: (which, canvas) => this.#turn(() => this.#show(which, canvas)),
      hide: (which) => this.#turn(async () => this.#hide(which)),
      detail: (detail) => this.#turn(() => this.#setDetail(detail)),
      save: () => this.#turn(() => this.#save()),
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#redraw.stop();
    return this.#turn(() => this.#end());
  }

  settled(): Promise<void> {
    return this.#redraw.settled();
  }

  async #begin(options: ImageOptions, run: number): Promise<Begun> {
    const picture = this.#picture;
    if (!picture) throw new Error("image: no picture was taken");
    await this.#end();
    this.#detail = this.#context.device ? detailFor(picture, options) : 1;
    const { features, scale, seed, epochs } = options;
    const main = await this.#learner(picture, options, frequencies(features, scale, seed));
    const learners = new Map<Which, Learner>([["main", main]]);
    if (compares(options)) learners.set("plain", await this.#learner(picture, options, new Float64Array()));
    const plain = learners.get("plain");
    const { plan } = main.training;
    let [loss, plainLoss, curve]: [number, number | undefined, Curve] = [Number.NaN, undefined, noCurve];
    const course = new Course(main.training, epochs * Math.ceil((picture.columns * picture.rows) / plan.batch), {
      // Both take the same steps, so that neither is ahead.
      alongside: async (steps) => plain?.training.step(steps),
      judge: async () => {
        loss = (await main.training.evaluate(main.data)).loss;
        plainLoss = plain && (await plain.training.evaluate(plain.data)).loss;
        curve = extended(curve, course.progress.step, psnrOf(loss), plainLoss === undefined ? null : psnrOf(plainLoss));
        return loss;
      },
      report: (progress) => {
        if (this.#closed || this.#run?.course !== course) return;
        this.#redraw.markStale();
        this.#context.emit({ kind: "status", status: { run, progress, loss, plainLoss, curve } });
      },
      fail: (error) => {
        if (!this.#closed) this.#context.fail(error);
      },
    });
    this.#run = { picture, learners, course };
    await this.#attach();
    await course.look();
    return { run, plan };
  }

  async #learner(picture: Picture, options: ImageOptions, b: Float64Array): Promise<Learner> {
    const data = { inputs: encode(picture, b), targets: targetsOf(picture) };
    const training = await createTraining(this.#context.device, {
      model: modelOf(options),
      loss: "halfSquaredError",
      optimizer: optimizerOf(options),
      data,
      batch: Math.min(options.batch, picture.columns * picture.rows),
      seed: options.seed,
    });
    return { training, frequencies: b, data };
  }

  async #end(): Promise<void> {
    const before = this.#run;
    this.#run = undefined;
    this.#drawn.clear();
    for (const painter of this.#painters.values()) painter.detach();
    await before?.course.dispose();
    before?.learners.get("plain")?.training.dispose();
  }

  async #show(which: Which, canvas: OffscreenCanvas): Promise<void> {
    this.#hide(which);
    this.#painters.set(which, await createPainter(this.#context.device?.gpu, canvas));
    await this.#attach([which]);
  }

  #hide(which: Which): void {
    this.#painters.get(which)?.detach();
    this.#painters.delete(which);
    this.#drawn.delete(which);
  }

  async #setDetail(detail: number): Promise<void> {
    this.#detail = detail;
    await this.#attach();
  }

  async #save(): Promise<Blob> {
    const painter = this.#painters.get("main");
    if (!painter) throw new Error("image: no canvas was shown");
    return painter.save();
  }

  /** Prepares what is drawn of these networks. */
  async #attach(wanted: readonly Which[] = ["main", "plain"]): Promise<void> {
    if (!this.#run) return;
    const { picture, learners } = this.#run;
    const grid = finer(picture, this.#detail);
    for (const [which, { training, frequencies: b }] of learners) {
      const painter = wanted.includes(which) ? this.#painters.get(which) : undefined;
      if (painter) this.#drawn.set(which, await painter.attach(training, grid, encode(grid, b)));
    }
    this.#redraw.markStale();
    this.#context.emit({ kind: "memory", bytes: this.#memory(learners) });
  }

  /** Training and drawing share the parameters. */
  #memory(learners: Run["learners"]): Bytes {
    const training = [...learners.values()].map(({ training: { plan } }) => bytesByRole(plan));
    const drawing = [...this.#drawn.values()].map((plan) => ({ ...bytesByRole(plan), parameter: 0 }));
    const sums: Record<string, number> = {};
    for (const [role, bytes] of [...training, ...drawing].flatMap((part) => Object.entries(part))) {
      sums[role] = (sums[role] ?? 0) + bytes;
    }
    return sums;
  }
}
