import type { Device } from "../../src/device/open.ts";
import { ChainruleError, NumericError } from "../../src/errors.ts";
import { adam, sgd } from "../../src/model/optimizer.ts";
import { bits } from "../../src/model/random.ts";
import { createPredictor, type PredictorOptions } from "../../src/run/predictor.ts";
import { sweep } from "../../src/run/sweep.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { Predictor, Sweep, SweepOptions, Trainer, TrainerOptions } from "../../src/run/types.ts";
import { random } from "./gpu.ts";
import { CLASSES, COLUMNS, classes, classifier, estimator, ROWS } from "./training.ts";

/** What became of them. */
export interface Lives {
  /** Each of what was made, to see whether anything holds it. */
  readonly refs: readonly WeakRef<object>[];
  readonly calls: number;
  /** Calls that were refused or ended, as they should be. */
  readonly refused: number;
  /** Trainers and variants that halted. */
  readonly halted: number;
  /** What no call may reject with. */
  readonly unexpected: readonly string[];
}

/** A trainer, predictor or sweep that is in use, and the calls that it still answers. */
interface Life {
  readonly calls: readonly (() => unknown)[];
  readonly pending: Promise<unknown>[];
  dispose(): void;
}

/** Most that are in use at once. */
const TOGETHER = 6;

const adaptive = adam({ learningRate: 0.01, weightDecay: 0.1 });
const swept: Omit<SweepOptions, "variants"> = {
  model: classifier.model,
  loss: classifier.loss,
  data: classes(),
  batch: 16,
};

/** The ways to train, none with a shader that the tests of this folder do not compile anyway. */
const trainings: readonly TrainerOptions[] = [
  { ...classifier, capacity: 2 * ROWS },
  { ...estimator, capacity: 2 * ROWS },
  { ...classifier, optimizer: adaptive, capacity: 2 * ROWS },
  { ...classifier, oneDispatch: true, capacity: 2 * ROWS },
  { ...classifier, fuse: false, capacity: 2 * ROWS },
];

/** Halts within a few steps where shaders run: no f32 holds the parameters after the first. */
const halting: TrainerOptions = { ...classifier, optimizer: sgd({ learningRate: 1e38 }), capacity: 2 * ROWS };

/**
 * Makes, uses and frees so many trainers, predictors and sweeps in random order, a few of them at once; some amid their calls.
 * @param halt is called before a trainer is made that is to halt, and gives what is called after
 */
export async function live(
  device: Device,
  lives: number,
  seed: number,
  halt: () => () => void = () => () => {},
): Promise<Lives> {
  let drawn = 0;
  /** A whole number from 0 to below `count`. */
  const draw = (count: number): number => bits(seed, 0, drawn++) % count;
  const pick = <T>(all: readonly T[]): T => all[draw(all.length)] as T;
  const parameters = {
    W1: random(8 * COLUMNS, 1),
    b1: random(8, 2),
    W2: random(8 * CLASSES, 3),
    b2: random(CLASSES, 4),
  };
  const refs: WeakRef<object>[] = [];
  const unexpected: string[] = [];
  let [calls, refused, halted] = [0, 0, 0];

  /** A call's promise, which never rejects. */
  const watched = async (call: () => unknown): Promise<void> => {
    calls++;
    try {
      await call();
    } catch (cause) {
      refused++;
      if (cause instanceof NumericError) halted++;
      else if (!(cause instanceof ChainruleError || cause === ABORTED))
        unexpected.push(String((cause as Error)?.stack ?? cause));
    }
  };

  const judging = (one: Predictor) => [
    () => one.evaluate(classes(pick([5, 60, 1500]))),
    () => one.predict(random(COLUMNS * pick([1, 7, 1100]), 5)),
    () => one.predict([1, 2]),
    async () => {
      const probe = await one.probe(random(5 * COLUMNS, 6));
      probe.run();
      // What is left of it goes with its owner.
      if (draw(2) === 0) probe.dispose();
    },
  ];

  const dataOf = (options: TrainerOptions, rows: number) =>
    options.loss === classifier.loss
      ? classes(rows, 9)
      : { inputs: random(rows * COLUMNS, 9), targets: random(rows * CLASSES, 10) };

  const makeTrainer = async (options: TrainerOptions): Promise<[Trainer, Life["calls"]]> => {
    const trainer = await createTrainer(device, { ...options, seed: draw(100) });
    const aborted = new AbortController();
    aborted.abort(ABORTED);
    return [
      trainer,
      [
        () => trainer.step(1 + draw(4)),
        () => trainer.fit({ epochs: 2 }),
        () => trainer.fit({ epochs: 2, signal: aborted.signal }),
        async () => {
          for await (const _ of trainer.fit({ epochs: 3 })) break;
        },
        () => trainer.step(-1),
        () => trainer.parameters(),
        () => trainer.read(pick(["W1", "b2", "o", "nothing"])),
        () => trainer.save({ optimizer: draw(2) === 0 }),
        async () => trainer.load(await trainer.save()),
        () => trainer.load(new Uint8Array(9)),
        () => trainer.setParameters(parameters),
        () => trainer.setParameters({ W1: [1] }),
        () => trainer.setData(dataOf(options, pick([ROWS, 3, 2 * ROWS, 3 * ROWS]))),
        () => trainer.setOptimizer(pick([options.optimizer, adaptive])),
        ...(options.loss === classifier.loss ? judging(trainer) : []),
      ],
    ];
  };

  const makePredictor = async (): Promise<[Predictor, Life["calls"]]> => {
    const { model, loss } = classifier;
    const options: PredictorOptions = { model, loss, inputs: COLUMNS, parameters };
    const predictor = await createPredictor(device, options);
    return [predictor, judging(predictor)];
  };

  const makeSweep = async (): Promise<[Sweep, Life["calls"]]> => {
    const variants = [0.1, 0.2, pick([0.3, 1e38])].map((learningRate, seed) => ({
      optimizer: sgd({ learningRate }),
      seed,
    }));
    const all = await sweep(device, { ...swept, variants });
    const reported = (reports: readonly unknown[]) => {
      halted += reports.filter((report) => report instanceof NumericError).length;
    };
    return [
      all,
      [
        async () => reported(await all.step(1 + draw(4))),
        async () => reported(await all.fit({ epochs: 2 })),
        () => all.parameters(draw(4)),
        () => all.save(draw(3)),
      ],
    ];
  };

  const make = async (): Promise<Life> => {
    const kind = draw(10);
    const done = kind === 0 ? halt() : () => {};
    const made =
      kind === 0
        ? makeTrainer(halting)
        : kind < 6
          ? makeTrainer(pick(trainings))
          : kind < 8
            ? makePredictor()
            : makeSweep();
    const [one, answers] = await made.finally(done);
    refs.push(new WeakRef(one));
    return { calls: answers, pending: [], dispose: () => one.dispose() };
  };

  const alive: Life[] = [];
  for (let made = 0; made < lives || alive.length > 0; ) {
    const action = draw(10);
    if (made < lives && (alive.length === 0 || (action < 2 && alive.length < TOGETHER))) {
      alive.push(await make());
      made++;
      continue;
    }
    const index = draw(alive.length);
    const one = alive[index] as Life;
    if (action < 8) {
      const call = watched(pick(one.calls));
      // Others are called meanwhile, or it is freed.
      if (draw(3) > 0) await call;
      else one.pending.push(call);
      continue;
    }
    if (draw(2) === 0) await Promise.all(one.pending);
    for (let turn = draw(6); turn > 0; turn--) await undefined;
    one.dispose();
    alive.splice(index, 1);
    // None is left waiting; what comes after is refused.
    await Promise.all([...one.pending, watched(pick(one.calls))]);
  }
  return { refs, calls, refused, halted, unexpected };
}

/** Why a training is aborted. */
const ABORTED = "aborted";
