import { confusionOf, splitRows, takeRows } from "chainrule/table";
import { type Digits, FULL, PIXELS } from "../../digits.ts";
import { Redraw } from "../../draw/redraw.ts";
import { optimizerOf } from "../../network.ts";
import { Course } from "../../worker/course.ts";
import type { Context, OpenSession, Session } from "../../worker/session.ts";
import { createTraining, type Training } from "../../worker/training.ts";
import { takeTurns } from "../../worker/turns.ts";
import type { DigitsContract, Judgement, Mistake, View } from "./contract.ts";
import { CLASSES, type DigitsOptions, firstUnits, modelOf, TEST_FRACTION } from "./options.ts";
import { createWeightsPainter, type WeightsPainter } from "./weights-painter.ts";

/** Mistakes that are shown. */
const MOST_MISTAKES = 12;

export const open: OpenSession<DigitsContract> = (context) => new DigitsSession(context);

/** One part of the images. */
interface Part {
  /** Numbers of the images in the set. */
  readonly images: Uint32Array<ArrayBuffer>;
  /** As a trainer takes it. */
  readonly data: { readonly inputs: Float32Array<ArrayBuffer>; readonly targets: Uint32Array<ArrayBuffer> };
}

class DigitsSession implements Session<DigitsContract> {
  readonly methods: DigitsContract["methods"];
  readonly #context: Context<DigitsContract>;
  readonly #turn = takeTurns();
  readonly #redraw = new Redraw({
    running: () => this.#course?.progress.running ?? false,
    draw: () => (this.#course ? this.#painter?.draw() : undefined),
  });
  #digits: Digits | undefined;
  #course: Course | undefined;
  #options: DigitsOptions | undefined;
  #judgement: Judgement | undefined;
  #painter: WeightsPainter | undefined;
  #seen: Uint8Array | undefined;
  #closed = false;

  constructor(context: Context<DigitsContract>) {
    this.#context = context;
    this.methods = {
      take: async (digits) => {
        this.#digits = digits;
      },
      show: (canvas, view) => this.#turn(() => this.#show(canvas, view)),
      view: (view) => {
        this.#painter?.view(view);
        this.#redraw.markStale();
      },
      begin: (options, run) => this.#turn(() => this.#begin(options, run)),
      play: () => this.#turn(async () => this.#course?.play()),
      pause: () => this.#turn(async () => this.#course?.pause()),
      look: (pixels) => this.#look(pixels),
      save: () => this.#turn(() => this.#save()),
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#redraw.stop();
    return this.#turn(async () => {
      this.#painter?.dispose();
      await this.#course?.dispose();
    });
  }

  settled(): Promise<void> {
    return this.#redraw.settled();
  }

  async #show(canvas: OffscreenCanvas, view: View): Promise<void> {
    this.#painter = await createWeightsPainter(this.#context.device?.gpu, canvas, view);
    this.#attach();
  }

  async #begin(options: DigitsOptions, run: number): Promise<void> {
    const digits = this.#digits;
    if (!digits) throw new Error("digits: the digits were not given");
    // Nothing is drawn of a network whose buffers are gone.
    const before = this.#course;
    this.#course = undefined;
    await before?.dispose();
    const split = splitRows(digits.rows, TEST_FRACTION, options.seed);
    const [train, test] = [partOf(digits, split.train), partOf(digits, split.test)];
    const training = await createTraining(this.#context.device, {
      model: modelOf(options),
      loss: "softmaxCrossEntropy",
      optimizer: optimizerOf(options),
      data: train.data,
      batch: options.batch,
      seed: options.seed,
    });
    const { plan } = training;
    const course = new Course(training, options.epochs * Math.ceil(train.images.length / plan.batch), {
      judge: async () => {
        this.#judgement = await judge(training, test);
        return this.#judgement.loss;
      },
      report: (progress) => {
        if (this.#closed || !this.#judgement || this.#course !== course) return;
        this.#redraw.markStale();
        this.#context.emit({ kind: "status", status: { run, progress, judgement: this.#judgement } });
        void this.#tell();
      },
      fail: (error) => {
        if (!this.#closed) this.#context.fail(error);
      },
    });
    this.#course = course;
    this.#options = options;
    this.#attach();
    this.#context.emit({ kind: "begun", run, plan, test: test.images, train: train.images.length });
    await course.look();
  }

  async #look(pixels: Uint8Array | undefined): Promise<void> {
    this.#seen = pixels;
    await this.#tell();
  }

  /** Tells what the network makes of the image. */
  async #tell(): Promise<void> {
    const [pixels, training] = [this.#seen, this.#course?.training];
    if (!pixels || !training) return;
    try {
      const { probabilities } = await training.predict(scaled(pixels));
      if (probabilities && this.#seen === pixels) this.#context.emit({ kind: "seen", probabilities });
    } catch (error) {
      // A network that is gone by now is followed by another, which tells.
      if (this.#course?.training === training && !this.#closed) this.#context.fail(error);
    }
  }

  async #save(): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.#course) throw new Error("digits: no run was begun");
    return this.#course.training.save({ optimizer: false });
  }

  #attach(): void {
    if (!this.#painter || !this.#course || !this.#options) return;
    this.#painter.attach(this.#course.training, firstUnits(this.#options));
    this.#redraw.markStale();
  }
}

/** Pixels as the network takes them, from 0 to 1. */
const scaled = (pixels: Uint8Array): Float32Array<ArrayBuffer> => Float32Array.from(pixels, (pixel) => pixel / FULL);

const partOf = ({ pixels, labels }: Digits, images: Uint32Array<ArrayBuffer>): Part => ({
  images,
  data: {
    inputs: takeRows(scaled(pixels), PIXELS, images),
    targets: takeRows(Uint32Array.from(labels), 1, images),
  },
});

async function judge(training: Training, test: Part): Promise<Judgement> {
  const { loss, accuracy = 0 } = await training.evaluate(test.data);
  const { classes = new Uint32Array(), probabilities = new Float32Array() } = await training.predict(test.data.inputs);
  const mistakes: Mistake[] = [];
  for (const [row, image] of test.images.entries()) {
    const [truth = 0, predicted = 0] = [test.data.targets[row], classes[row]];
    if (truth === predicted) continue;
    const at = (digit: number) => probabilities[row * CLASSES + digit] ?? 0;
    mistakes.push({ image, truth, predicted, probability: at(predicted), truthProbability: at(truth) });
  }
  mistakes.sort((a, b) => b.probability - a.probability);
  return {
    accuracy,
    loss,
    confusion: confusionOf(test.data.targets, classes, CLASSES),
    mistakes: mistakes.length,
    worst: mistakes.slice(0, MOST_MISTAKES),
  };
}
