import {
  applyScale,
  descriptionKey,
  lossOf,
  measureFit,
  type Part,
  type PreparedData,
  pairsOf,
  readInputs,
  type Score,
  scoreOf,
  type Table,
  type TableDescription,
  undoScale,
} from "chainrule/table";
import { optimizerOf } from "../../network.ts";
import { Course } from "../../worker/course.ts";
import { pause } from "../../worker/pace.ts";
import type { Context, OpenSession, Session } from "../../worker/session.ts";
import { createTraining, type Training } from "../../worker/training.ts";
import { takeTurns } from "../../worker/turns.ts";
import {
  type Begun,
  type Confusion,
  type DataContract,
  type Judgement,
  type Likely,
  MOST_BARS,
  MOST_MATRIX_CLASSES,
  MOST_PAIRS,
  type Prepared,
  type RowPrediction,
} from "./contract.ts";
import { firstOf } from "./first-of.ts";
import { type DataOptions, modelOf } from "./options.ts";

/** Points of the residual plot. */
const MOST_RESIDUALS = 500;

/** Numbers that are predicted at once, 4 MiB of them: of thousands of classes, those of all rows together would take gigabytes. */
const MOST_NUMBERS = 2 ** 20;

export const open: OpenSession<DataContract> = (context) => new DataSession(context);

class DataSession implements Session<DataContract> {
  readonly methods: DataContract["methods"];
  readonly #context: Context<DataContract>;
  readonly #turn = takeTurns();
  #run: { readonly course: Course; readonly description: TableDescription } | undefined;
  /** Number of the run that was asked for last; undefined once it is to end. */
  #wanted: number | undefined;

  constructor(context: Context<DataContract>) {
    this.#context = context;
    this.methods = {
      begin: (prepared, options, run) => {
        this.#wanted = run;
        return this.#turn(() => this.#begin(prepared, options, run));
      },
      end: () => this.close(),
      play: () => this.#turn(async () => this.#run?.course.play()),
      pause: () => this.#turn(async () => this.#run?.course.pause()),
      predict: (cells) => this.#predict(cells),
      save: () => this.#turn(() => this.#save()),
    };
  }

  close(): Promise<void> {
    this.#wanted = undefined;
    return this.#turn(() => this.#end());
  }

  async #begin({ data, example }: Prepared, options: DataOptions, run: number): Promise<Begun> {
    const { train, test, description } = data;
    const { task, inputs, classes } = description;
    const wanted = () => this.#wanted === run;
    const all = train.rows + (test?.rows ?? 0);
    let first = all * classes.length > MOST_NUMBERS;
    const goesOn = (judged: number) => {
      if (first && wanted()) this.#context.emit({ kind: "readying", run, share: judged / all });
      return wanted();
    };
    await this.#end();
    const training = await createTraining(this.#context.device, {
      model: modelOf(options, classes.length || 1),
      loss: lossOf(task),
      optimizer: optimizerOf(options),
      data: train.data,
      batch: Math.min(options.batch, train.rows),
      seed: options.seed,
    });
    let judgement: Judgement | undefined;
    const { plan } = training;
    const course = new Course(training, options.epochs * Math.ceil(train.rows / plan.batch), {
      judge: async () => {
        judgement = await judge(training, data, goesOn);
        return judgement.test?.loss;
      },
      report: (progress) => {
        if (!wanted() || !judgement || this.#run?.course !== course) return;
        this.#context.emit({ kind: "status", status: { run, progress, judgement } });
      },
      fail: (error) => {
        if (wanted()) this.#context.fail(error);
      },
    });
    this.#run = { course, description };
    await course.look();
    first = false;
    return { run, plan, task, inputs, classes, trainRows: train.rows, testRows: test?.rows ?? 0, example };
  }

  async #predict(cells: readonly string[]): Promise<RowPrediction> {
    const { course, description } = this.#begun();
    const { inputs, inputScale, targetScale } = description;
    const row: Table = { file: "the form", columns: inputs, rows: [cells.map((cell) => cell.trim())], lineOf: () => 1 };
    const values = applyScale(readInputs(row, inputs), inputScale, row.file);
    const { outputs, probabilities = [] } = await course.training.predict(values);
    if (targetScale) return { task: "regression", value: undoScale(outputs, targetScale)[0] ?? Number.NaN };
    return { task: "classification", likeliest: likeliestOf(probabilities) };
  }

  async #save(): Promise<Uint8Array<ArrayBuffer>> {
    const { course, description } = this.#begun();
    const metadata = { [descriptionKey]: JSON.stringify(description) };
    return course.training.save({ optimizer: false, metadata });
  }

  async #end(): Promise<void> {
    const before = this.#run;
    this.#run = undefined;
    await before?.course.dispose();
  }

  #begun() {
    if (!this.#run) throw new Error("data: no run was begun");
    return this.#run;
  }
}

function likeliestOf(probabilities: ArrayLike<number>): Likely[] {
  const all = Array.from(probabilities, (probability, classNumber) => ({ classNumber, probability }));
  return firstOf(all, MOST_BARS, (a, b) => b.probability - a.probability);
}

/** @param goesOn is told how many rows are judged, and tells whether to go on */
async function judge(
  training: Training,
  { train, test, description }: PreparedData,
  goesOn: (judged: number) => boolean,
): Promise<Judgement> {
  const trained = await judgePart(training, train, description, goesOn);
  const tested = test && (await judgePart(training, test, description, (judged) => goesOn(train.rows + judged)));
  const { targets, pairs, predicted } = tested ?? trained;
  const { targetScale, classes } = description;
  return {
    train: trained.score,
    test: tested?.score,
    confusion: targetScale ? undefined : confusionIn(pairs, classes.length),
    residuals: targetScale && residualsOf(predicted, targets),
  };
}

/** What the network makes of the rows of a part, some at a time. */
async function judgePart(
  training: Training,
  { rows, data, targets }: Part,
  description: TableDescription,
  goesOn: (judged: number) => boolean,
) {
  const { inputs, classes, targetScale } = description;
  const most = Math.max(1, Math.floor(MOST_NUMBERS / Math.max(1, classes.length)));
  const scores: Score[] = [];
  const pairs = new Map<number, number>();
  const predicted = new Float64Array(targetScale ? rows : 0);
  for (let from = 0; from < rows; from += most) {
    // Others that wait for the worker have their turn, and may want no more of this.
    if (from > 0) await pause(0);
    if (!goesOn(from)) throw new DOMException("The run was ended.", "AbortError");
    const to = Math.min(rows, from + most);
    const own = targets.subarray(from, to);
    const prediction = await training.predict(data.inputs.subarray(from * inputs.length, to * inputs.length));
    scores.push(scoreOf(prediction, own, description));
    if (targetScale) {
      predicted.set(undoScale(prediction.outputs, targetScale), from);
      continue;
    }
    for (const [at, times] of pairsOf(own, prediction.classes ?? [], classes.length))
      pairs.set(at, (pairs.get(at) ?? 0) + times);
  }
  return { targets, pairs, predicted, score: together(scores, targetScale && measureFit(predicted, targets)) };
}

/** The score of rows that were judged some at a time. */
function together(scores: readonly Score[], fit: Score["fit"]): Score {
  const rows = scores.reduce((sum, score) => sum + score.rows, 0);
  const mean = (of: (score: Score) => number) =>
    scores.length === 1 && scores[0] ? of(scores[0]) : scores.reduce((sum, one) => sum + one.rows * of(one), 0) / rows;
  const accuracy = fit ? undefined : mean((score) => score.accuracy ?? 0);
  return { rows, loss: mean(({ loss }) => loss), accuracy, fit };
}

/** @param counts by the places in a matrix of all classes, without those that are 0 */
function confusionIn(counts: ReadonlyMap<number, number>, classes: number): Confusion {
  if (classes <= MOST_MATRIX_CLASSES)
    return { counts: Array.from({ length: classes ** 2 }, (_, at) => counts.get(at) ?? 0) };
  const all = Array.from(counts, ([at, times]) => ({
    truth: Math.floor(at / classes),
    predicted: at % classes,
    times,
  }));
  const wrong = all.filter(({ truth, predicted }) => truth !== predicted);
  const pairs = firstOf(
    wrong,
    MOST_PAIRS,
    (a, b) => b.times - a.times || a.truth - b.truth || a.predicted - b.predicted,
  );
  return { pairs, confused: wrong.length };
}

function residualsOf(predicted: Float64Array, actual: ArrayLike<number>) {
  const every = Math.ceil(predicted.length / MOST_RESIDUALS);
  const points = Array.from({ length: Math.ceil(predicted.length / every) }, (_, i) => {
    const value = predicted[i * every] ?? 0;
    return [value, value - (actual[i * every] ?? 0)] as const;
  }).sort(([a], [b]) => a - b);
  return { predicted: points.map(([value]) => value), off: points.map(([, off]) => off) };
}
