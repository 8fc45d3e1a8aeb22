import {
  applyScale,
  confusionOf,
  decodeText,
  descriptionKey,
  guessTask,
  lossOf,
  type Part,
  type PreparedData,
  type Problem,
  prepare,
  problemOf,
  readCsv,
  readInputs,
  scoreOf,
  splitRows,
  type Table,
  type TableDescription,
  undoScale,
} from "chainrule/table";
import { optimizerOf } from "../../network.ts";
import { Course } from "../../worker/course.ts";
import type { Context, OpenSession, Session } from "../../worker/session.ts";
import { createTraining, type Training } from "../../worker/training.ts";
import { takeTurns } from "../../worker/turns.ts";
import type { Begun, DataContract, Judgement, RowPrediction, Source, TableSummary } from "./contract.ts";
import { batchOf, type DataOptions, modelOf } from "./options.ts";
import { summarize } from "./summary.ts";

/** Points of the residual plot. */
const MOST_RESIDUALS = 500;

export const open: OpenSession<DataContract> = (context) => new DataSession(context);

class DataSession implements Session<DataContract> {
  readonly methods: DataContract["methods"];
  readonly #context: Context<DataContract>;
  readonly #turn = takeTurns();
  #table: Table | undefined;
  #run: { readonly course: Course; readonly description: TableDescription } | undefined;
  #closed = false;

  constructor(context: Context<DataContract>) {
    this.#context = context;
    this.methods = {
      read: (source) => this.#turn(() => this.#read(source)),
      guess: (target) => {
        const table = this.#given();
        return guessTask(table, table.columns.indexOf(target));
      },
      begin: (options, run) => this.#turn(() => this.#begin(options, run)),
      play: () => this.#turn(async () => this.#run?.course.play()),
      pause: () => this.#turn(async () => this.#run?.course.pause()),
      predict: (cells) => this.#predict(cells),
      save: () => this.#turn(() => this.#save()),
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#turn(() => this.#end());
  }

  async #read({ name, content }: Source): Promise<TableSummary> {
    const text = typeof content === "string" ? content : decodeText(new Uint8Array(await content.arrayBuffer()), name);
    const table = readCsv(text, name);
    await this.#end();
    this.#table = table;
    return summarize(table);
  }

  async #begin(options: DataOptions, run: number): Promise<Begun> {
    const table = this.#given();
    const { target, task, ignored, testFraction, seed, scale, scaleTarget } = options;
    const problem = problemOf(table, { target, ignore: ignored, ...(task ? { task } : {}) });
    const data = prepare(problem, { testFraction, seed, scale, scaleTarget });
    await this.#end();
    const training = await createTraining(this.#context.device, {
      model: modelOf(options, problem.outputs),
      loss: lossOf(problem.task),
      optimizer: optimizerOf(options),
      data: data.train.data,
      batch: batchOf(options, table.rows.length),
      seed: options.seed,
    });
    let judgement: Judgement | undefined;
    const { plan } = training;
    const course = new Course(training, options.epochs * Math.ceil(data.train.rows / plan.batch), {
      judge: async () => {
        judgement = await judge(training, data);
        return judgement.test?.loss;
      },
      report: (progress) => {
        if (this.#closed || !judgement || this.#run?.course !== course) return;
        this.#context.emit({ kind: "status", status: { run, progress, judgement } });
      },
      fail: (error) => {
        if (!this.#closed) this.#context.fail(error);
      },
    });
    this.#run = { course, description: data.description };
    await course.look();
    return {
      run,
      plan,
      task: problem.task,
      inputs: problem.inputs,
      classes: problem.classes,
      trainRows: data.train.rows,
      testRows: data.test?.rows ?? 0,
      example: exampleOf(problem, options),
    };
  }

  async #predict(cells: readonly string[]): Promise<RowPrediction> {
    const { course, description } = this.#begun();
    const { inputs, inputScale, targetScale } = description;
    const row: Table = { file: "the form", columns: inputs, rows: [cells.map((cell) => cell.trim())], lineOf: () => 1 };
    const values = applyScale(readInputs(row, inputs), inputScale, row.file);
    const { outputs, probabilities, classes } = await course.training.predict(values);
    if (targetScale) return { task: "regression", value: undoScale(outputs, targetScale)[0] ?? Number.NaN };
    return {
      task: "classification",
      classNumber: classes?.[0] ?? 0,
      probabilities: probabilities ?? new Float32Array(),
    };
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

  #given(): Table {
    if (!this.#table) throw new Error("data: no table was read");
    return this.#table;
  }

  #begun() {
    if (!this.#run) throw new Error("data: no run was begun");
    return this.#run;
  }
}

/** The inputs of the first row that is not trained on, as text. */
function exampleOf({ table, inputs }: Problem, { testFraction, seed }: DataOptions): string[] {
  const { train, test } = splitRows(table.rows.length, testFraction, seed);
  const cells = table.rows.at(test[0] ?? train[0] ?? 0) ?? [];
  return inputs.map((name) => cells[table.columns.indexOf(name)] ?? "");
}

async function judge(training: Training, { train, test, description }: PreparedData): Promise<Judgement> {
  const [trained, tested] = [
    await judgePart(training, train, description),
    test && (await judgePart(training, test, description)),
  ];
  const { prediction, targets } = tested ?? trained;
  const { targetScale, classes: names } = description;
  return {
    train: trained.score,
    test: tested?.score,
    confusion: prediction.classes && confusionOf(targets, prediction.classes, names.length),
    residuals: targetScale && residualsOf(undoScale(prediction.outputs, targetScale), targets),
  };
}

async function judgePart(training: Training, { data, targets }: Part, description: TableDescription) {
  const prediction = await training.predict(data.inputs);
  return { targets, prediction, score: scoreOf(prediction, targets, description) };
}

function residualsOf(predicted: Float64Array, actual: ArrayLike<number>) {
  const every = Math.ceil(predicted.length / MOST_RESIDUALS);
  const points = Array.from(predicted, (value, row) => [value, value - (actual[row] ?? 0)] as const)
    .filter((_, row) => row % every === 0)
    .sort(([a], [b]) => a - b);
  return { predicted: points.map(([value]) => value), off: points.map(([, off]) => off) };
}
