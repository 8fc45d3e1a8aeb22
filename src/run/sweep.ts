import { createGuard, type Guard } from "../device/guard.ts";
import { hardwareOf } from "../device/hardware.ts";
import { checkDevice, type Device } from "../device/open.ts";
import { compileProgram, type Program } from "../device/program.ts";
import type { NumericError } from "../errors.ts";
import { CONTROL_WORDS, decodeControl, encodeControl, initialControl } from "../kernels/control.ts";
import { checkModel } from "../model/layer.ts";
import { checkOptions, refuse, show } from "../model/options.ts";
import { elementsOf } from "../plan/memory.ts";
import { resolveTensor } from "../plan/resolve.ts";
import type { Role } from "../plan/types.ts";
import { checkFit, checkSteps } from "./counts.ts";
import { checkDataset, type Rows } from "./dataset.ts";
import { addRecords, emptyTotals, type StepRecord, summarize, type Totals } from "./metrics.ts";
import { checkLoss, initialParameters, type Network, outputsOf, resolveNetwork } from "./network.ts";
import { firstNonFinite } from "./numeric.ts";
import { readBuffers } from "./readback.ts";
import { Stepper } from "./stepper.ts";
import { createTurns } from "./turns.ts";
import type {
  FitOptions,
  Parameters,
  SaveOptions,
  Sweep,
  SweepOptions,
  TensorValue,
  Variant,
  VariantReport,
} from "./types.ts";
import { checkVariants, planVariants } from "./variants.ts";

/**
 * Trains variants of a small network at the same time, one workgroup each, that differ in seed and in the numbers of their
 * optimizers. Each takes the very steps that a trainer with its seed and optimizer takes, bit for bit.
 * @throws ModelError, ShapeError, DataError, PlanError before any GPU work; DeviceError where the device refuses
 */
export async function sweep(device: Device, options: SweepOptions): Promise<Sweep> {
  checkDevice("sweep", device);
  checkOptions("sweep", options, { model: 1, loss: 1, data: 1, variants: 1, batch: 0, shuffle: 2 });
  const { data: given, variants: asked, ...described } = options;
  const { model, loss } = described;
  const variants = checkVariants(asked);
  const [{ optimizer }] = variants;
  checkModel("sweep: model", model);
  // Before the data, whose form follows from it.
  checkLoss(loss);
  const data = checkDataset("sweep: data", given, loss, outputsOf(model));
  const network = resolveNetwork(model, data.columns, loss);
  const bytes = data.inputs instanceof Uint8Array;
  const planned = { ...described, optimizer, inputs: data.columns, rows: data.rows, bytes };
  const plan = planVariants(planned, variants.length, hardwareOf(device));
  const guard = createGuard(device, "sweep");
  const program = await guard.wait(compileProgram(device.gpu, plan, "chainrule.sweep"));
  const training = new GpuSweep(device.gpu, guard, network, program, data, variants.length);
  training.upload(data, variants);
  return training;
}

class GpuSweep implements Sweep {
  readonly plan;
  readonly #gpu: GPUDevice;
  readonly #guard: Guard;
  readonly #network: Network;
  readonly #program: Program;
  readonly #stepper: Stepper;
  readonly #epochSteps: number;
  /** Words of one variant in `resident`. */
  readonly #words: number;
  /** Why each variant halted. */
  readonly #failures: (NumericError | undefined)[];
  /** Two calls never train at once. */
  readonly #exclusive = createTurns();

  constructor(gpu: GPUDevice, guard: Guard, network: Network, program: Program, data: Rows, variants: number) {
    this.#gpu = gpu;
    this.#guard = guard;
    this.#network = network;
    this.#program = program;
    this.plan = program.plan;
    this.#stepper = new Stepper(gpu, guard, program, "chainrule.sweep", variants);
    this.#epochSteps = Math.ceil(data.rows / this.plan.batch);
    this.#words = program.buffer("resident").size / 4 / variants;
    this.#failures = Array.from({ length: variants }, () => undefined);
  }

  /** Writes the data, and each variant's parameters and control block; called once. */
  upload(data: Rows, variants: readonly Variant[]): void {
    const resident = new Float32Array(variants.length * this.#words);
    const control = new Uint32Array(variants.length * CONTROL_WORDS);
    variants.forEach(({ seed = 0, optimizer }, variant) => {
      const values = initialControl({ optimizer, dataRows: data.rows, batch: this.plan.batch, seed });
      control.set(encodeControl(values), variant * CONTROL_WORDS);
      for (const [name, numbers] of Object.entries(initialParameters(this.#network.layers, seed))) {
        resident.set(numbers, variant * this.#words + (this.plan.resident?.[name] ?? 0));
      }
    });
    for (const [name, words] of Object.entries({ X: data.inputs, Y: data.targets, resident, control })) {
      this.#gpu.queue.writeBuffer(this.#program.buffer(name), 0, words);
    }
  }

  step(n = 1): Promise<readonly VariantReport[]> {
    checkSteps(n);
    return this.#exclusive(() => this.#run(n)) as Promise<readonly VariantReport[]>;
  }

  async *fit(options: FitOptions): AsyncGenerator<readonly VariantReport[], void, undefined> {
    checkFit(options);
    const { epochs, signal } = options;
    for (let epoch = 0; epoch < epochs && !signal?.aborted; epoch++) {
      const reports = await this.#exclusive(() =>
        this.#run(this.#epochSteps - (this.#stepper.step % this.#epochSteps), signal),
      );
      if (reports) yield reports;
      if (this.#allHalted()) return;
    }
  }

  async parameters(variant: number): Promise<Parameters> {
    this.#checkVariant("parameters", variant);
    return (await this.#read(variant)).parameters;
  }

  async save(variant: number, options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    this.#checkVariant("save", variant);
    return this.#exclusive(async () => {
      // A page that saves nothing never loads it.
      const { saveTraining } = await import("./resume.ts");
      return saveTraining(this.#network, this.plan, options, async () => {
        const { control, parameters, state } = await this.#read(variant);
        return { control, tensors: { ...parameters, ...state } };
      });
    });
  }

  dispose(): void {
    this.#guard.close();
    this.#program.dispose();
    this.#stepper.dispose();
  }

  /** Takes up to `steps` steps. @returns undefined where `signal` was aborted before the first step */
  async #run(steps: number, signal?: AbortSignal): Promise<VariantReport[] | undefined> {
    this.#guard.check();
    if (signal?.aborted) return undefined;
    const began = performance.now();
    const totals = this.#failures.map(() => emptyTotals());
    if (!this.#allHalted()) {
      for await (const lines of this.#stepper.take(steps, signal)) {
        await this.#collect(totals, lines);
        if (this.#allHalted()) break;
      }
    }
    const seconds = (performance.now() - began) / 1000;
    return totals.map((sums, variant) => this.#failures[variant] ?? summarize(sums, this.#network.loss, seconds));
  }

  /** Adds the sums of some steps of each variant that goes on; halts those whose objective was not finite. */
  async #collect(totals: readonly Totals[], lines: Uint32Array<ArrayBuffer>): Promise<void> {
    const own = lines.length / totals.length;
    for (const [variant, sums] of totals.entries()) {
      if (this.#failures[variant]) continue;
      const halted = addRecords(sums, lines.subarray(variant * own, (variant + 1) * own));
      if (halted) this.#failures[variant] = await this.#explain(variant, halted);
    }
  }

  async #explain(variant: number, record: StepRecord): Promise<NumericError> {
    const { parameters } = await this.#read(variant);
    const read = async (name: string): Promise<TensorValue> => {
      const { shape } = resolveTensor(this.plan, name).tensor;
      const own = parameters[name];
      if (own) return { shape, data: own };
      const buffer = this.#program.buffer(name);
      const [words] = await readBuffers(this.#gpu, this.#guard, [{ buffer, bytes: buffer.size }]);
      return { shape, data: new Float32Array(words?.buffer ?? []) };
    };
    return firstNonFinite({ plan: this.plan, read }, record, variant);
  }

  #allHalted(): boolean {
    return this.#failures.every((failure) => failure !== undefined);
  }

  /** @throws ModelError where there is no such variant */
  #checkVariant(where: string, variant: number): void {
    if (Number.isInteger(variant) && variant >= 0 && variant < this.#failures.length) return;
    const last = this.#failures.length - 1;
    refuse(where, `variant ${show(variant)}`, `a whole number from 0 to ${last}`, "give the index of a variant");
  }

  /** What belongs to one variant alone, out of `control` and `resident`. */
  async #read(variant: number) {
    const part = (name: string, words: number) => {
      return { buffer: this.#program.buffer(name), offset: 4 * words * variant, bytes: 4 * words };
    };
    const sources = [part("control", CONTROL_WORDS), part("resident", this.#words)];
    const [control, words] = await readBuffers(this.#gpu, this.#guard, sources);
    if (!control || !words) throw new Error("readBuffers gives one result for each source");
    const floats = new Float32Array(words.buffer);
    const ofRole = (role: Role): Parameters => {
      const places = Object.entries(this.plan.resident ?? {}).filter(
        ([name]) => this.plan.tensors[name]?.role === role,
      );
      return Object.fromEntries(
        places.map(([name, first]) => {
          const { tensor } = resolveTensor(this.plan, name);
          return [name, floats.slice(first, first + elementsOf(tensor.shape))];
        }),
      );
    };
    return { control: decodeControl(control), parameters: ofRole("parameter"), state: ofRole("state") };
  }
}
