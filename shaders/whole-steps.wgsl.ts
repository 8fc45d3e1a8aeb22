import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { HALTED, RECORD_WORDS } from "../src/kernels/control.ts";
import type { PassStep, UpdateStep, WholeStepsVariant } from "../src/kernels/whole-steps.ts";
import { stateWidths } from "../src/model/optimizer.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { advanceFunction } from "./lib/advance.wgsl.ts";
import { exponential } from "./lib/finite.wgsl.ts";
import { type Numbers, numbersOf } from "./lib/numbers.wgsl.ts";
import { outputRow } from "./lib/output-row.wgsl.ts";
import { permutation } from "./lib/permutation.wgsl.ts";
import { writeRecord } from "./lib/record.wgsl.ts";
import { updateFunction } from "./lib/update.wgsl.ts";

/**
 * Many whole training steps in one dispatch of one workgroup, for networks whose step fits in workgroup memory: parameters and
 * optimizer state are loaded once, each of the plan's steps becomes a loop over its elements that the invocations
 * share, and a barrier stands where a dispatch would have ended. Every element is summed as by the kernel that the loop
 * stands for; only L and s are summed in another order.
 */
export const wholeStepsSource = (variant: WholeStepsVariant) => {
  const { steps, layout, words, resident, group, batch, records, classes, bytes } = variant;
  const begin = steps.find((step) => step.kernel === "begin");
  const passes = steps.filter((step) => step.kernel !== "begin" && step.kernel !== "layerUpdate");
  const updates = steps.filter((step) => step.kernel === "layerUpdate");
  const used = new Set(passes.map((step) => step.variant.activation));
  const schedule = begin?.variant.schedule ?? "constant";
  const decay = begin?.variant.decay ?? "per-batch";
  const penalty = begin?.variant.penalty ?? false;
  const context: Context = {
    place: (name) => `${layout[name ?? ""] ?? 0}u`,
    data: numbersOf("X", bytes),
    group,
    classes,
  };
  return wgsl`
@group(0) @binding(1) var<storage, read_write> blocks: array<Control>;  // [variants]
@group(0) @binding(2) var<storage, read_write> ring: array<u32>;        // [variants, records, words]
@group(0) @binding(3) var<storage, read_write> resident: array<f32>;    // parameters and optimizer state [variants, words]
@group(0) @binding(4) var<storage, read> X: array<${context.data.type}>;                 // inputs of all rows
@group(0) @binding(5) var<storage, read> Y: array<${classes ? "u32" : "f32"}>;  // targets of all rows

var<workgroup> control: Control;
var<workgroup> memory: array<f32, ${words}>;
var<workgroup> order: array<u32, ${batch}>;
var<workgroup> halted: atomic<u32>;
var<private> squareSum: f32;
var<private> ringStart: u32;

${context.data.declarations}
${[...used].map((activation) => activationFunctions(activation, `_${activation}`)).join("\n")}
${exponential}
${permutation}
${advanceFunction({ schedule, decay })}
${writeRecord("ringStart", false, records)}
${updates.map((step, index) => updateFunctions(step, index, context)).join("\n")}

fn record() {
  var L = 0.0;
  var hits = 0.0;
  for (var i = 0u; i < control.rows; i++) {
    L += memory[${context.place("scores")} + 2u * i];
    hits += memory[${context.place("scores")} + 2u * i + 1u];
  }
  var s = 0.0;
#if ${penalty}
  for (var i = 0u; i < ${group}u; i++) { s += memory[${context.place("squares")} + i]; }
  s *= 0.5 * control.decay;
#endif
  writeRecord(L, s, hits);
}

@compute @workgroup_size(${group})
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) count: vec3u,
) {
  let instance = workgroupIndex(id, count);
  if (instance >= dims.variants) { return; }
  let first = instance * ${resident}u;
  ringStart = instance * ${RECORD_WORDS * records}u;
  for (var i = local; i < ${resident}u; i += ${group}u) { memory[i] = resident[first + i]; }
  if (local == 0u) {
    control = blocks[instance];
    atomicStore(&halted, blocks[instance].halted);
  }
  workgroupBarrier();
  for (var t = 0u; t < dims.steps; t++) {
    if (local == 0u) { advance(); }
    workgroupBarrier();
    for (var i = local; i < control.rows; i += ${group}u) {
      order[i] = ${begin?.variant.shuffle ? "permute(control.start + i, control.dataRows, control.seed, control.epoch)" : "control.start + i"};
    }
    workgroupBarrier();
${passes.map((step) => `${passLoop(step, context)}\n    workgroupBarrier();`).join("\n")}
    if (atomicLoad(&halted) == 0u) {
      squareSum = 0.0;
${updates.map((step, index) => updateLoop(step, index, context)).join("\n")}
      ${penalty ? `memory[${context.place("squares")} + local] = squareSum;` : ""}
    }
    workgroupBarrier();
    if (local == 0u) {
      // A row may have halted the run, or what is recorded does.
      control.halted = atomicLoad(&halted);
      record();
      atomicStore(&halted, control.halted);
    }
  }
  for (var i = local; i < ${resident}u; i += ${group}u) { resident[first + i] = memory[i]; }
  if (local == 0u) { blocks[instance] = control; }
}
`;
};

interface Context {
  /** Where a tensor begins in `memory`. */
  readonly place: (name: string | undefined) => string;
  /** Inputs of all rows. */
  readonly data: Numbers;
  readonly group: number;
  readonly classes: boolean;
}

/** Element k of row i of a layer's input: out of the resident data or out of the activations below. */
const input = (gather: boolean, name: string | undefined, columns: number, { place, data }: Context) => ({
  first: (i: string) => (gather ? `order[${i}] * ${columns}u` : `${place(name)} + ${i} * ${columns}u`),
  at: (index: string) => (gather ? data.load(index) : `memory[${index}]`),
});

function passLoop(step: PassStep, context: Context): string {
  const { place, group, classes } = context;
  const { bind, dims } = step;
  const inner = dims.inner ?? 0;
  const columns = dims.columns ?? 0;
  const elements = (body: string) => `    for (var e = local; e < control.rows * ${columns}u; e += ${group}u) {
      let i = e / ${columns}u;
      let j = e % ${columns}u;
      ${body}
    }`;
  switch (step.kernel) {
    case "layerForward": {
      const { gather, bias, activation } = step.variant;
      const x = input(gather, bind.x, inner, context);
      return elements(`let first = ${x.first("i")};
      let row = ${place(bind.w)} + j * ${inner}u;
      var sum = 0.0;
      for (var k = 0u; k < ${inner}u; k++) { sum += ${x.at("first + k")} * memory[row + k]; }
      memory[${place(bind.h)} + e] = activate_${activation}(sum${bias ? ` + memory[${place(bind.bias)} + j]` : ""});`);
    }
    case "layerBackward":
      return elements(`let first = ${place(bind.dz)} + i * ${inner}u;
      var sum = 0.0;
      for (var k = 0u; k < ${inner}u; k++) { sum += memory[first + k] * memory[${place(bind.w)} + k * ${columns}u + j]; }
      let h = memory[${place(bind.h)} + e];
      memory[${place(bind.below)} + e] = sum * slope_${step.variant.activation}(h, h);`);
    case "outputLoss": {
      const { gather, bias, activation, loss, units } = step.variant;
      const x = input(gather, bind.x, inner, context);
      return `    for (var i = local; i < control.rows; i += ${group}u) {
      let first = ${x.first("i")};
      ${outputRow({
        loss,
        units,
        inner: `${inner}u`,
        x: (k) => x.at(`first + ${k}`),
        w: (j, k) => `memory[${place(bind.w)} + ${j * inner}u + ${k}]`,
        bias: bias ? (j) => `memory[${place(bind.bias)} + ${j}u]` : undefined,
        y: (j) => (classes ? "Y[order[i]]" : `Y[order[i] * ${units}u + ${j}u]`),
        activate: `activate_${activation}`,
        slope: `slope_${activation}`,
        score: `memory[${place(bind.scores)} + 2u * i] = rowLoss;
      memory[${place(bind.scores)} + 2u * i + 1u] = hit;
      if (!finite(rowLoss * f32(control.rows))) { atomicOr(&halted, ${HALTED}u); }`,
        dz: (j, value) => `memory[${place(bind.dz)} + i * ${units}u + ${j}u] = ${value};`,
      })}
    }`;
    }
  }
}

/** The update rule of a layer's weights and bias, with their places in `memory`. */
function updateFunctions({ variant, bind }: UpdateStep, index: number, { place }: Context): string {
  const { optimizer, decay, bias, biasDecay } = variant;
  const where = (parameter: string | undefined, state: string | undefined) => ({
    parameter: `memory[${place(parameter)} + i]`,
    state:
      stateWidths[optimizer] === 2
        ? ([`memory[${place(state)} + 2u * i]`, `memory[${place(state)} + 2u * i + 1u]`] as const)
        : ([`memory[${place(state)} + i]`, ""] as const),
  });
  return [
    updateFunction({ optimizer, decay }, `updateWeight${index}`, where(bind.w, bind.state)),
    ...(bias
      ? [updateFunction({ optimizer, decay: biasDecay }, `updateBias${index}`, where(bind.bias, bind.biasState))]
      : []),
  ].join("\n");
}

function updateLoop({ variant, bind, dims }: UpdateStep, index: number, context: Context): string {
  const { place, group } = context;
  const { gather, bias, penalty, decay, biasDecay } = variant;
  const [rows, columns] = [dims.rows ?? 0, dims.columns ?? 0];
  const x = input(gather, bind.x, columns, context);
  const square = (name: string | undefined, i: string, decays: unknown) =>
    penalty && decays ? `squareSum += memory[${place(name)} + ${i}] * memory[${place(name)} + ${i}];` : "";
  const delta = (i: string) => `memory[${place(bind.dz)} + k * ${rows}u + ${i}]`;
  const weights = `      for (var e = local; e < ${rows * columns}u; e += ${group}u) {
        let i = e / ${columns}u;
        let j = e % ${columns}u;
        var sum = 0.0;
        for (var k = 0u; k < control.rows; k++) { sum += ${delta("i")} * ${x.at(`${x.first("k")} + j`)}; }
        ${square(bind.w, "e", decay)}
        updateWeight${index}(e, sum);
      }`;
  if (!bias) return weights;
  return `${weights}
      for (var i = local; i < ${rows}u; i += ${group}u) {
        var sum = 0.0;
        for (var k = 0u; k < control.rows; k++) { sum += ${delta("i")}; }
        ${square(bind.bias, "i", biasDecay)}
        updateBias${index}(i, sum);
      }`;
}
