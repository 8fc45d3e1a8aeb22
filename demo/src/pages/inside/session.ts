import {
  createReferenceTrainer,
  createTrainer,
  type Device,
  describeStep,
  formatPlan,
  type Plan,
  type PlanOptions,
  planTraining,
  type Trainer,
  type TrainerOptions,
} from "chainrule";
import { Redraw } from "../../draw/redraw.ts";
import type { Context, OpenSession, Session } from "../../worker/session.ts";
import type { Training } from "../../worker/training.ts";
import { takeTurns } from "../../worker/turns.ts";
import type { BoardView, DescribedPlan, InsideContract, StepRecord, TensorValues } from "./contract.ts";
import { boardName } from "./names.ts";
import { trainerOptions } from "./options.ts";
import { type BoardPainter, createCpuPainter, createGpuPainter, type Sources } from "./painter.ts";
import { type InsideState, runKey, worked } from "./state.ts";

/** Tensors that are no quantity of the formulas, or larger copies of one. */
const hiddenNames: ReadonlySet<string> = new Set(["control", "ring", "order", "X", "Y", "squares", "scores"]);

/** Records that the ring holds and the words of each, as the plan's shape has them. */
const ringOf = (plan: Plan) => {
  const [records = 1, words = 1] = plan.tensors.ring?.shape ?? [];
  return { records, words };
};

export const open: OpenSession<InsideContract> = (context) => new InsideSession(context);

class InsideSession implements Session<InsideContract> {
  readonly methods: InsideContract["methods"];
  readonly #context: Context<InsideContract>;
  readonly #turn = takeTurns();
  #run: Run | undefined;
  #painter: BoardPainter | undefined;
  #view: BoardView | undefined;
  #sources: Sources | undefined;
  #number = 0;
  readonly #redraw = new Redraw({ running: () => false, draw: () => this.#draw() });

  constructor(context: Context<InsideContract>) {
    this.#context = context;
    this.methods = {
      show: (canvas) => this.#turn(() => this.#show(canvas)),
      view: (view) => {
        this.#view = view;
        this.#arrange();
      },
      take: (state) => this.#turn(() => this.#take(state)),
    };
  }

  close(): Promise<void> {
    this.#redraw.stop();
    return this.#turn(async () => {
      this.#painter?.dispose();
      this.#run?.dispose();
    });
  }

  settled(): Promise<void> {
    return this.#redraw.settled();
  }

  async #show(canvas: OffscreenCanvas): Promise<void> {
    const { device } = this.#context;
    this.#painter = device ? await createGpuPainter(device.gpu, canvas) : createCpuPainter(canvas);
    this.#arrange();
  }

  async #take(state: InsideState): Promise<StepRecord> {
    if (this.#run?.key !== runKey(state)) {
      this.#sources = undefined;
      this.#run?.dispose();
      this.#run = undefined;
      this.#run = await createRun(this.#context.device, state);
    }
    const run = this.#run;
    const tensors = await run.take(state.step);
    this.#number += 1;
    this.#sources = run.sources(tensors);
    return { number: this.#number, state, tensors, ...run.plans, compileSeconds: run.compileSeconds };
  }

  /** Prepares what is drawn, if the page's places are those of the step at hand. */
  #arrange(): void {
    if (!this.#painter || !this.#sources || !this.#view || this.#view.number !== this.#number) return;
    this.#painter.arrange(this.#view, this.#sources);
    this.#redraw.markStale();
  }

  #draw(): Promise<unknown> | undefined {
    if (!this.#painter || !this.#sources || this.#view?.number !== this.#number) return undefined;
    return this.#painter.draw().catch((error: unknown) => this.#context.fail(error));
  }
}

type Tensors = Record<string, TensorValues>;

/** A network that takes any step, on the GPU and by the reference or by the reference alone. */
interface Run {
  readonly key: string;
  readonly plans: Pick<StepRecord, "textbook" | "fused" | "whole">;
  readonly compileSeconds: number | undefined;
  /** Takes the step that follows `step` steps from the start. */
  take(step: number): Promise<Tensors>;
  sources(tensors: Tensors): Sources;
  dispose(): void;
}

async function createRun(device: Device | undefined, state: InsideState): Promise<Run> {
  const options = trainerOptions(state);
  const reference = createReferenceTrainer(options);
  const trainer = device && (await createTrainer(device, options));
  const start = state.start === "worked" ? worked.parameters : await reference.parameters();
  const { plan } = reference;
  const leading = trainer ?? reference;
  const before = device && trainer ? parameterCopies(device.gpu, trainer) : undefined;
  const objective = device && objectiveBuffer(device.gpu);
  /** Steps that the leading trainer stands after; undefined before its first. */
  let done: number | undefined;
  let lastStep = 0;
  return {
    key: runKey(state),
    plans: plansOf(options, state),
    compileSeconds: trainer?.compileSeconds,
    async take(step) {
      const goesOn = done === step;
      done = undefined;
      if (!goesOn) {
        await leading.setParameters(start);
        if (step > 0) await leading.step(step);
      }
      const parameters = await leading.parameters();
      before?.copy();
      const gpuReport = trainer && (await trainer.step());
      await reference.setParameters(parameters);
      const cpuReport = await reference.step();
      done = step + 1;
      lastStep = (gpuReport ?? cpuReport).step;
      const [gpu, cpu] = [trainer && (await readAll(trainer, gpuReport)), await readAll(reference, cpuReport)];
      if (gpu?.J) objective?.write(gpu.J.data);
      const tensors: Tensors = {};
      for (const [name, { shape, data }] of Object.entries(cpu)) {
        tensors[name] = { shape, cpu: data, gpu: gpu?.[name]?.data };
      }
      for (const [alias, name] of Object.entries(plan.aliases)) {
        const same = tensors[name];
        if (same && boardName(plan, name) === alias) tensors[alias] = same;
      }
      for (const [name, values] of Object.entries(parameters)) {
        const after = tensors[name];
        if (!after) continue;
        tensors[`${name}+`] = after;
        tensors[name] = { shape: after.shape, cpu: values, gpu: trainer && values };
      }
      return tensors;
    },
    sources(tensors) {
      if (!trainer || !before || !objective) return { kind: "cpu", values: (name) => tensors[name]?.cpu };
      const { records, words } = ringOf(plan);
      const record = ((lastStep - 1) % records) * words;
      return {
        kind: "gpu",
        buffer(name) {
          if (name.endsWith("+")) return { buffer: trainer.buffer(name.slice(0, -1)) };
          // The ring's line begins with L and s.
          if (name === "L") return { buffer: trainer.buffer("ring"), offset: record };
          if (name === "s") return { buffer: trainer.buffer("ring"), offset: record + 1 };
          if (name === "J") return { buffer: objective.buffer };
          if (name === "ell") return { buffer: trainer.buffer("scores"), stride: 2 };
          const own = before.buffers[name];
          if (own) return { buffer: own };
          return { buffer: trainer.buffer(name), integer: plan.tensors[name]?.dtype === "u32" };
        },
      };
    },
    dispose() {
      before?.dispose();
      objective?.buffer.destroy();
      trainer?.dispose();
    },
  };
}

/** Everything that the formulas name, and the sums. Read once a step; nothing is read to draw. */
async function readAll(
  trainer: Training,
  report: { readonly loss: number; readonly penalty: number; readonly rows: number } | undefined,
): Promise<Record<string, { shape: readonly number[]; data: Float32Array<ArrayBuffer> }>> {
  const found: Record<string, { shape: readonly number[]; data: Float32Array<ArrayBuffer> }> = {};
  const names = Object.keys(trainer.plan.tensors).filter((name) => !hiddenNames.has(name));
  // All at once: the GPU's answers come at its own pace, and one after the other would take as many waits.
  const [{ shape, data: scores }, ...values] = await Promise.all([
    trainer.read("scores"),
    ...names.map((name) => trainer.read(name)),
  ]);
  values.forEach(({ shape, data }, i) => {
    found[names[i] ?? ""] = { shape, data: Float32Array.from(data) };
  });
  found.ell = { shape: shape.slice(0, 1), data: Float32Array.from(scores).filter((_, i) => i % 2 === 0) };
  const { loss = 0, penalty = 0, rows = 0 } = report ?? {};
  const [L, s] = [loss * rows, penalty * rows];
  for (const [name, value] of Object.entries({ L, s, J: L + s }))
    found[name] = { shape: [], data: Float32Array.of(value) };
  return found;
}

/** Holds J to be drawn from, which the trainer has in two parts, L and s. */
function objectiveBuffer(gpu: GPUDevice) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const buffer = gpu.createBuffer({ label: "demo.inside.J", size: Float32Array.BYTES_PER_ELEMENT, usage });
  return { buffer, write: (sum: Float32Array<ArrayBuffer>) => gpu.queue.writeBuffer(buffer, 0, sum) };
}

/** Keeps the parameters as they were before the update, on the GPU, to be drawn. */
function parameterCopies(gpu: GPUDevice, trainer: Trainer) {
  const names = Object.entries(trainer.plan.tensors).flatMap(([name, { role }]) =>
    role === "parameter" ? [name] : [],
  );
  const buffers = Object.fromEntries(
    names.map((name) => [
      name,
      gpu.createBuffer({
        label: `demo.inside.before.${name}`,
        size: trainer.buffer(name).size,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
      }),
    ]),
  );
  return {
    buffers,
    copy() {
      const encoder = gpu.createCommandEncoder({ label: "demo.inside.before" });
      for (const [name, buffer] of Object.entries(buffers)) {
        encoder.copyBufferToBuffer(trainer.buffer(name), 0, buffer, 0, buffer.size);
      }
      gpu.queue.submit([encoder.finish()]);
    },
    dispose() {
      for (const buffer of Object.values(buffers)) buffer.destroy();
    },
  };
}

function plansOf(options: TrainerOptions, { inputs, rows }: InsideState): Run["plans"] {
  const { model, loss, optimizer, batch = rows } = options;
  const described = (passes: Pick<PlanOptions, "fuse" | "oneDispatch">): DescribedPlan => {
    const plan = planTraining({ model, loss, optimizer, inputs, rows, batch, shuffle: false, ...passes });
    return { plan, steps: plan.steps.map(describeStep), text: formatPlan(plan) };
  };
  return {
    textbook: described({ fuse: false }),
    fused: described({ oneDispatch: false }),
    whole: described({}),
  };
}
