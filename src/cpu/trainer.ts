import { initialControl, RECORD_WORDS } from "../kernels/control.ts";
import type { Beginning } from "../kernels/control-after.ts";
import { checkModel, type Layer, resolveLayers } from "../model/layer.ts";
import { checkOptimizer } from "../model/optimizer.ts";
import { checkOptions } from "../model/options.ts";
import type { Schedule } from "../model/schedule.ts";
import { buildEvaluatePlan, buildPredictPlan } from "../plan/build.ts";
import { elementsOf } from "../plan/memory.ts";
import { fuse } from "../plan/passes/fuse.ts";
import { resolveTensor } from "../plan/resolve.ts";
import { createReference, type Reference } from "../reference/run.ts";
import { checkFit, checkSeed, checkSteps } from "../run/counts.ts";
import { checkDataset } from "../run/dataset.ts";
import { judgement, prediction } from "../run/inference.ts";
import { addRecord, emptyTotals, type StepRecord, summarize } from "../run/metrics.ts";
import {
  checkLoss,
  initialParameters,
  type Network,
  outputsOf,
  parameterSpecs,
  resolveNetwork,
} from "../run/network.ts";
import { diagnose, type Failure, type Restart } from "../run/numeric.ts";
import { checkParameter, unknownParameter } from "../run/parameters.ts";
import { planTraining } from "../run/plan.ts";
import { loadFor, saveTraining } from "../run/resume.ts";
import { checkColumns, checkRows } from "../run/rows.ts";
import type {
  ByteScale,
  Dataset,
  Evaluation,
  FitOptions,
  Parameters,
  Prediction,
  ReferenceProbe,
  ReferenceTrainer,
  Report,
  SaveOptions,
  TensorValue,
  TrainerOptions,
} from "../run/types.ts";
import { floatsOf } from "../run/unpack.ts";

/**
 * Trains on the CPU by interpreting the plan that the GPU would run: for small networks where there is no WebGPU, and to judge
 * the GPU by. Sums are taken in double precision and stored as float32.
 *
 * Options but `precision` and `tune`, seeds, order of the rows and files are the trainer's. Whole steps in one dispatch are a way
 * to run on a GPU, so `oneDispatch` is taken as false.
 * @throws ModelError, ShapeError, DataError
 */
export function createReferenceTrainer(options: Omit<TrainerOptions, "precision" | "tune">): ReferenceTrainer {
  checkOptions("createReferenceTrainer", options, {
    model: 1,
    loss: 1,
    optimizer: 1,
    data: 1,
    batch: 0,
    seed: 0,
    shuffle: 2,
    fuse: 2,
    oneDispatch: 2,
    reuse: 2,
  });
  const { data: given, seed = 0, ...described } = options;
  const { loss } = described;
  checkSeed("createReferenceTrainer", seed);
  const model = checkModel("createReferenceTrainer: model", described.model);
  const optimizer = checkOptimizer("optimizer", described.optimizer);
  checkLoss(loss);
  const data = checkDataset("createReferenceTrainer: data", given, loss, outputsOf(model));
  const network = resolveNetwork(model, data.columns, loss);
  const plan = planTraining({ ...described, optimizer, inputs: data.columns, rows: data.rows, oneDispatch: false });
  const control = initialControl({ optimizer, dataRows: data.rows, batch: plan.batch, seed });
  const reference = createReference(plan, control);
  reference.set("X", floatsOf(data.inputs, 0, data.rows * data.columns));
  reference.set("Y", data.targets);
  for (const [name, values] of Object.entries(initialParameters(network.layers, seed))) reference.set(name, values);
  return new CpuTrainer(network, reference, optimizer.schedule);
}

class CpuTrainer implements ReferenceTrainer {
  readonly plan;
  readonly #network: Network;
  readonly #layers: readonly Layer[];
  readonly #reference: Reference;
  readonly #begun: Beginning;
  /** Steps by which the count of epochs is ahead: 0 unless a file of other rows or batches was loaded. */
  #ahead = 0;
  /** Why the run halted, if it did. */
  #failure: Failure | undefined;

  constructor(network: Network, reference: Reference, schedule: Schedule) {
    this.plan = reference.plan;
    this.#network = network;
    this.#layers = resolveLayers(network.model, network.inputs, network.loss);
    this.#reference = reference;
    this.#begun = { control: { ...reference.control }, schedule };
  }

  async step(n = 1): Promise<Report> {
    checkSteps(n);
    return (await this.#run(n)) as Report;
  }

  async *fit(options: FitOptions): AsyncGenerator<Report, void, undefined> {
    checkFit(options);
    const { epochs, signal } = options;
    const { dataRows, batch } = this.#begun.control;
    const epochSteps = Math.ceil(dataRows / batch);
    for (let epoch = 0; epoch < epochs && !signal?.aborted; epoch++) {
      const report = await this.#run(epochSteps - ((this.#reference.control.step + this.#ahead) % epochSteps), signal);
      if (report) yield report;
    }
  }

  async evaluate(data: Dataset): Promise<Evaluation> {
    const { loss, inputs, outputs } = this.#network;
    const given = checkDataset("evaluate", data, loss, outputs);
    checkColumns("evaluate", given.columns, inputs);
    const plan = fuse(buildEvaluatePlan({ layers: this.#layers, loss, batch: given.rows }));
    const judge = this.#inference(plan, given.rows);
    judge.set("x", floatsOf(given.inputs, 0, given.rows * given.columns));
    judge.set("y", given.targets);
    judge.step();
    return judgement(recordAt(judge, 1), loss);
  }

  async predict(inputs: ArrayLike<number>, byteScale: ByteScale = {}): Promise<Prediction> {
    const { loss, inputs: columns, outputs } = this.#network;
    const { rows, values } = checkRows("predict", inputs, columns, byteScale);
    const forward = this.#inference(fuse(buildPredictPlan({ layers: this.#layers, loss, batch: rows })), rows);
    forward.set("x", floatsOf(values, 0, rows * columns));
    forward.step();
    return prediction(new Float32Array(forward.tensor("o")), outputs, loss);
  }

  async probe(inputs: ArrayLike<number>, byteScale: ByteScale = {}): Promise<ReferenceProbe> {
    const { loss, inputs: columns } = this.#network;
    const { rows, values } = checkRows("probe", inputs, columns, byteScale);
    const plan = fuse(buildPredictPlan({ layers: this.#layers, loss, batch: rows }));
    const forward = this.#inference(plan, rows);
    forward.set("x", floatsOf(values, 0, rows * columns));
    return {
      rows,
      plan,
      run: () => {
        for (const name of this.#names()) forward.set(name, this.#reference.tensor(name));
        forward.step();
      },
      values: (name) => new Float32Array(forward.tensor(name)),
      dispose() {},
    };
  }

  async parameters(): Promise<Parameters> {
    return this.#values(this.#names());
  }

  setParameters(parameters: Readonly<Record<string, ArrayLike<number>>>): void {
    this.#setParameters("setParameters", parameters);
  }

  async read(name: string): Promise<TensorValue> {
    const { name: canonical, tensor } = resolveTensor(this.plan, name);
    const shape = tensor.batched ? [this.#reference.control.rows, ...tensor.shape.slice(1)] : tensor.shape;
    const values = this.#reference.tensor(canonical).slice(0, elementsOf(shape));
    return { shape, data: tensor.dtype === "u32" ? new Uint32Array(values) : new Float32Array(values) };
  }

  async save(options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { control } = this.#reference;
    return saveTraining(this.#network, this.plan, options, (names) => ({ control, tensors: this.#values(names) }));
  }

  async load(bytes: Uint8Array | ArrayBuffer): Promise<void> {
    const { parameters, restart } = loadFor(this.#network, this.plan, this.#begun, bytes);
    this.#setParameters("load", parameters);
    if (restart) this.#resume(restart);
  }

  dispose(): void {}

  /** @param where the call, for messages */
  #setParameters(where: string, parameters: Readonly<Record<string, ArrayLike<number>>>): void {
    const specs = parameterSpecs(this.#layers);
    const checked = Object.entries(parameters).map(([name, values]) => {
      const spec = specs.find((one) => one.name === name);
      if (!spec) return unknownParameter(where, name, this.#names());
      return [name, checkParameter(where, name, spec.shape, values)] as const;
    });
    for (const [name, values] of checked) this.#reference.set(name, values);
    if (this.#failure) this.#resume(this.#failure.restart);
  }

  /** Sets optimizer state and the control block, so that the next step is step `control.step` + 1. */
  #resume({ state, control, ahead }: Restart): void {
    this.#ahead = ahead;
    for (const [name, values] of Object.entries(state)) this.#reference.set(name, values);
    this.#failure = undefined;
    Object.assign(this.#reference.control, control);
  }

  #names(): string[] {
    return parameterSpecs(this.#layers).map(({ name }) => name);
  }

  #values(names: readonly string[]): Record<string, Float32Array<ArrayBuffer>> {
    return Object.fromEntries(names.map((name) => [name, new Float32Array(this.#reference.tensor(name))]));
  }

  /** A plan without training, made ready with the parameters as they are. */
  #inference(plan: Reference["plan"], rows: number): Reference {
    const made = createReference(plan, { ...this.#begun.control, rows, step: 1 });
    for (const [name, values] of Object.entries(this.#values(this.#names()))) made.set(name, values);
    return made;
  }

  /** Takes up to `steps` steps. @returns undefined where `signal` was aborted before the first */
  async #run(steps: number, signal?: AbortSignal): Promise<Report | undefined> {
    const began = performance.now();
    const totals = emptyTotals();
    while (totals.steps < steps && !signal?.aborted) {
      this.#reference.step();
      this.#reference.close();
      const record = recordAt(this.#reference, this.#reference.control.step);
      if (record.halted) {
        this.#failure = await diagnose(this, record, this.#begun, this.#ahead);
        throw this.#failure.error;
      }
      addRecord(totals, record);
    }
    if (totals.steps === 0) return undefined;
    return summarize(totals, this.#network.loss, (performance.now() - began) / 1000);
  }
}

/** A line of the reference's ring, which holds numbers where the GPU's holds bits. @param step counted from 1 */
function recordAt(reference: Reference, step: number): StepRecord {
  const ring = reference.tensor("ring");
  const at = ((step - 1) * RECORD_WORDS) % ring.length;
  const [loss = 0, penalty = 0, hits = 0, rows = 0, number = 0, halted = 0, learningRate = 0, epoch = 0] =
    ring.subarray(at, at + RECORD_WORDS);
  return { loss, penalty, hits, rows, step: number, halted: halted !== 0, skipped: false, learningRate, epoch };
}
