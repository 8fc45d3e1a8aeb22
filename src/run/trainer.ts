import { createGuard, type Guard } from "../device/guard.ts";
import { hardwareOf } from "../device/hardware.ts";
import { checkDevice, type Device } from "../device/open.ts";
import { compileProgram, type Program } from "../device/program.ts";
import { decodeControl, encodeControl, initialControl } from "../kernels/control.ts";
import type { Beginning } from "../kernels/control-after.ts";
import { checkModel } from "../model/layer.ts";
import { checkOptimizer } from "../model/optimizer.ts";
import { checkObject, checkOptions } from "../model/options.ts";
import { addBytes, type Bytes, bytesOf } from "../plan/memory.ts";
import { resolveTensor } from "../plan/resolve.ts";
import { checkFit, checkSeed, checkSteps } from "./counts.ts";
import { checkDataset, type Rows } from "./dataset.ts";
import { loadPlan } from "./draft.ts";
import type { Inference } from "./inference.ts";
import { addRecords, emptyTotals, type StepRecord, summarize } from "./metrics.ts";
import { checkLoss, initialParameters, type Network, outputsOf, parameterSpecs, resolveNetwork } from "./network.ts";
import type { Failure, Restart } from "./numeric.ts";
import { checkParameter, unknownParameter } from "./parameters.ts";
import { readBuffers } from "./readback.ts";
import { Stepper } from "./stepper.ts";
import type { TuneReport } from "./tune/types.ts";
import { createTurns } from "./turns.ts";
import type { FitOptions, Parameters, Report, SaveOptions, TensorValue, Trainer, TrainerOptions } from "./types.ts";

/**
 * Compiles a network's training step and puts its data on the GPU.
 *
 * The step is one plan: forward, loss, backward, update, over a batch that the GPU picks itself. It is recorded anew for
 * each step but never changes: step counter, rows, learning rate and order of the samples are data on the GPU.
 * @throws ModelError, ShapeError, DataError before any GPU work; DeviceError where the device refuses
 */
export async function createTrainer(device: Device, options: TrainerOptions): Promise<Trainer> {
  const began = performance.now();
  checkDevice("createTrainer", device);
  checkOptions("createTrainer", options, {
    model: 1,
    loss: 1,
    optimizer: 1,
    data: 1,
    batch: 0,
    seed: 0,
    precision: 0,
    tune: 0,
    shuffle: 2,
    fuse: 2,
    oneDispatch: 2,
    reuse: 2,
  });
  const { data: given, seed = 0, tune, ...described } = options;
  const { loss } = described;
  checkSeed("createTrainer", seed);
  const model = checkModel("createTrainer: model", described.model);
  const optimizer = checkOptimizer("optimizer", described.optimizer);
  // Before the data, whose form follows from it.
  checkLoss(loss);
  const data = checkDataset("createTrainer: data", given, loss, outputsOf(model));
  const network = resolveNetwork(model, data.columns, loss);
  // What waits comes after the data were copied.
  if (
    (tune !== undefined && typeof tune !== "function") ||
    (described.precision === "f16" && (described.fuse === false || !device.gpu.features.has("shader-f16")))
  ) {
    throw (await refusals()).noRare(device, options);
  }
  const bytes = data.inputs instanceof Uint8Array;
  const planned = await loadPlan(
    { ...described, optimizer, inputs: data.columns, rows: data.rows, bytes },
    hardwareOf(device),
  );
  const tuned = await tune?.(device, planned);
  const plan = tuned?.plan ?? planned;
  const guard = createGuard(device, "trainer");
  const program = await guard.wait(compileProgram(device.gpu, plan, "chainrule.trainer"));
  const control = initialControl({ optimizer, dataRows: data.rows, batch: plan.batch, seed });
  const trainer = new GpuTrainer(
    device,
    guard,
    network,
    program,
    { control, schedule: optimizer.schedule },
    tuned?.report,
    (performance.now() - began) / 1000,
  );
  trainer.upload(data, initialParameters(network.layers, seed));
  return trainer;
}

class GpuTrainer implements Trainer {
  readonly plan;
  readonly tuning;
  readonly compileSeconds: number;
  readonly #device: Device;
  readonly #gpu: GPUDevice;
  readonly #guard: Guard;
  readonly #network: Network;
  readonly #program: Program;
  readonly #begun: Beginning;
  /** Made by the first call that needs it. */
  #inference: Inference | undefined;
  readonly #stepper: Stepper;
  readonly #epochSteps: number;
  /** Steps by which the count of epochs is ahead: 0 unless a file of other rows or batches was loaded. */
  #ahead = 0;
  /** The step that halted the run, if one did. */
  #halted: StepRecord | undefined;
  /** Why, once that is known. */
  #failure: Failure | undefined;
  /** Two calls never train at once. */
  readonly #exclusive = createTurns();

  constructor(
    device: Device,
    guard: Guard,
    network: Network,
    program: Program,
    begun: Beginning,
    tuning: TuneReport | undefined,
    compileSeconds: number,
  ) {
    this.#device = device;
    this.#gpu = device.gpu;
    this.#guard = guard;
    this.#network = network;
    this.#program = program;
    this.#begun = begun;
    this.plan = program.plan;
    this.tuning = tuning;
    this.compileSeconds = compileSeconds;
    const { control } = begun;
    this.#epochSteps = Math.ceil(control.dataRows / control.batch);
    this.#stepper = new Stepper(device.gpu, guard, program, "chainrule.trainer");
  }

  get memory(): Bytes {
    return addBytes([this.#program.memory, this.#stepper.memory, this.#inference?.memory() ?? {}]);
  }

  /** Writes the data, the parameters and the control block; called once. */
  upload(data: Rows, parameters: Parameters): void {
    this.#write({ X: data.inputs, Y: data.targets, ...parameters, control: encodeControl(this.#begun.control) });
  }

  #write(values: Readonly<Record<string, GPUAllowSharedBufferSource>>): void {
    for (const [name, data] of Object.entries(values)) this.#gpu.queue.writeBuffer(this.buffer(name), 0, data);
  }

  step(n = 1): Promise<Report> {
    checkSteps(n);
    return this.#exclusive(() => this.#run(n)) as Promise<Report>;
  }

  async *fit(options: FitOptions): AsyncGenerator<Report, void, undefined> {
    checkFit(options);
    const { epochs, signal } = options;
    for (let epoch = 0; epoch < epochs && !signal?.aborted; epoch++) {
      const report = await this.#exclusive(() =>
        this.#run(this.#epochSteps - ((this.#stepper.step + this.#ahead) % this.#epochSteps), signal),
      );
      if (report) yield report;
    }
  }

  // In turn with steps, so that all rows meet the same parameters.
  evaluate: Trainer["evaluate"] = (data) => this.#exclusive(async () => (await this.#infer()).evaluate(data));
  predict: Trainer["predict"] = (inputs, byteScale) =>
    this.#exclusive(async () => (await this.#infer()).predict(inputs, byteScale));
  probe: Trainer["probe"] = async (inputs, byteScale) => (await this.#infer()).probe(inputs, byteScale);

  async parameters(): Promise<Parameters> {
    return (await this.#readAll(this.#names())).tensors;
  }

  setParameters(parameters: Readonly<Record<string, ArrayLike<number>>>): void {
    this.#setParameters("setParameters", parameters);
  }

  /** @param where the call, for messages */
  #setParameters(where: string, parameters: Readonly<Record<string, ArrayLike<number>>>): void {
    this.#guard.check();
    const specs = parameterSpecs(this.#network.layers);
    const names = this.#names();
    checkObject(where, parameters, names.join(", "));
    const checked = Object.entries(parameters).map(([name, values]) => {
      const spec = specs.find((one) => one.name === name);
      if (!spec) return unknownParameter(where, name, names);
      return [name, checkParameter(where, name, spec.shape, values)] as const;
    });
    this.#write(Object.fromEntries(checked));
    if (this.#failure) this.#resume(this.#failure.restart);
  }

  async read(name: string): Promise<TensorValue> {
    const { tensor } = resolveTensor(this.plan, name);
    const { control, words } = await this.#readWords([name]);
    const { tensorValue } = await import("./tensor-value.ts");
    return tensorValue(tensor, words[0] as Words, control);
  }

  buffer(name: string): GPUBuffer {
    return this.#program.buffer(name);
  }

  async save(options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#exclusive(async () => {
      this.#guard.check();
      const { saveTraining } = await files();
      return saveTraining(this.#network, this.plan, options, (names) => this.#readAll(names));
    });
  }

  load(bytes: Uint8Array | ArrayBuffer): Promise<void> {
    return this.#exclusive(() => this.#load(bytes));
  }

  async #load(bytes: Uint8Array | ArrayBuffer): Promise<void> {
    const { loadFor } = await files();
    this.#guard.check();
    const { parameters, restart } = loadFor(this.#network, this.plan, this.#begun, bytes);
    this.#setParameters("load", parameters);
    if (restart) this.#resume(restart);
  }

  dispose(): void {
    this.#guard.close();
    this.#inference?.dispose();
    this.#program.dispose();
    this.#stepper.dispose();
  }

  async #infer(): Promise<Inference> {
    const { createInference } = await this.#guard.wait(inference());
    const parameters = this.#names().map((name) => [name, this.buffer(name)] as const);
    this.#inference ??= createInference(this.#device, this.#guard, this.#network, Object.fromEntries(parameters));
    return this.#inference;
  }

  /** Names of the parameters. */
  #names(): string[] {
    return parameterSpecs(this.#network.layers).map(({ name }) => name);
  }

  /** Sets optimizer state and the control block, so that the next step is step `control.step` + 1. */
  #resume({ state, control, ahead }: Restart): void {
    this.#ahead = ahead;
    this.#write({ ...state, control: encodeControl(control) });
    this.#stepper.step = control.step;
    this.#halted = this.#failure = undefined;
  }

  /**
   * Takes up to `steps` steps and reads the ring once they are done, or when it is full.
   * @returns undefined where `signal` was aborted before the first step
   * @throws NumericError at the first objective that is not finite, and from then on
   */
  async #run(steps: number, signal?: AbortSignal): Promise<Report | undefined> {
    this.#guard.check();
    const began = performance.now();
    const totals = emptyTotals();
    if (!this.#halted) {
      for await (const lines of this.#stepper.take(steps, signal)) {
        this.#halted = addRecords(totals, lines);
        if (this.#halted) break;
      }
    }
    if (this.#halted) {
      this.#failure ??= await (await diagnosis()).diagnose(this, this.#halted, this.#begun, this.#ahead);
      throw this.#failure.error;
    }
    if (totals.steps === 0) return undefined;
    return summarize(totals, this.#network.loss, (performance.now() - began) / 1000);
  }

  async #readAll(names: readonly string[]) {
    const { control, words } = await this.#readWords(names);
    const tensors = names.map((name, index) => [name, new Float32Array((words[index] as Words).buffer)] as const);
    return { control, tensors: Object.fromEntries(tensors) };
  }

  /** Reads tensors, and the control block as it was with them. */
  async #readWords(names: readonly string[]) {
    const sources = ["control", ...names].map((name) => {
      const { name: canonical, tensor } = resolveTensor(this.plan, name);
      return { buffer: this.buffer(canonical), bytes: bytesOf(tensor) };
    });
    const [control, ...words] = await readBuffers(this.#gpu, this.#guard, sources);
    return { control: decodeControl(control as Words), words };
  }
}

type Words = Uint32Array<ArrayBuffer>;

// What a page that only trains never needs is loaded when it is first asked for.
const files = () => import("./resume.ts");
const inference = () => import("./inference.ts");
const diagnosis = () => import("./numeric.ts");
const refusals = () => import("../device/refusals.ts");
