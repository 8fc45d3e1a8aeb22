import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { HALTED, RECORD_WORDS } from "../src/kernels/control.ts";
import type { PassStep, UpdateStep, WholeStepsVariant } from "../src/kernels/whole-steps.ts";
import { stateWidths } from "../src/model/optimizer.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { advanceFunction } from "./lib/advance.wgsl.ts";
import { exponential } from "./lib/finite.wgsl.ts";
import { numbersOf } from "./lib/numbers.wgsl.ts";
import { rowLoss } from "./lib/output-row.wgsl.ts";
import { permutation } from "./lib/permutation.wgsl.ts";
import { each } from "./lib/product-parts.wgsl.ts";
import { writeRecord } from "./lib/record.wgsl.ts";
import { updateStatements } from "./lib/update.wgsl.ts";

/**
 * Many whole training steps in one dispatch, for networks so small that every invocation holds all parameters and their
 * optimizer state in registers: each takes whole rows of the batch, forward and backward, and sums their gradients; the sums of
 * all invocations are added up in workgroup memory, in order; and each invocation updates its own copy, by the same numbers
 * in the same way. A step is unrolled, since only what is found by a constant index can be a register; loops over all parameters
 * stand before the first and after the last. Two barriers a step.
 */
export const registerStepsSource = (variant: WholeStepsVariant) => {
  const { steps, layout, resident, group, records, classes, bytes } = variant;
  const data = numbersOf("X", bytes);
  const begin = steps.find((step) => step.kernel === "begin");
  const updates = steps.filter((step) => step.kernel === "layerUpdate");
  const passes = steps.filter((step) => step.kernel !== "begin" && step.kernel !== "layerUpdate");
  const used = new Set(passes.map((step) => step.variant.activation));
  const schedule = begin?.variant.schedule ?? "constant";
  const decay = begin?.variant.decay ?? "per-batch";
  const inputs = passes[0]?.dims.inner ?? 0;
  const elements = updates.flatMap((step) => elementsOf(step, layout));
  const sums = elements.length + 2;
  const decaying = elements.filter((element) => element.penalty);
  return wgsl`
@group(0) @binding(1) var<storage, read_write> blocks: array<Control>;  // [variants]
@group(0) @binding(2) var<storage, read_write> ring: array<u32>;        // [variants, records, words]
@group(0) @binding(3) var<storage, read_write> resident: array<f32>;    // parameters and optimizer state [variants, words]
@group(0) @binding(4) var<storage, read> X: array<${data.type}>;                 // inputs of all rows
@group(0) @binding(5) var<storage, read> Y: array<${classes ? "u32" : "f32"}>;  // targets of all rows

var<private> control: Control;
var<private> ringStart: u32;
/** Parameters and their state. */
var<private> p: array<f32, ${resident}>;
/** Σ∂ℓ of each parameter that is trained, L and hits, over this invocation's rows, then over all. */
var<private> g: array<f32, ${sums}>;
var<workgroup> partial: array<f32, ${sums * group}>;   // [sums, invocations]
var<workgroup> total: array<f32, ${sums}>;

${data.declarations}
${[...used].map((activation) => activationFunctions(activation, `_${activation}`)).join("\n")}
${exponential}
${permutation}
${advanceFunction({ schedule, decay })}
${writeRecord("ringStart", false, records)}

/** Row i of the batch, forward and backward. */
fn addRow(i: u32) {
  let row = ${begin?.variant.shuffle ? "permute(control.start + i, control.dataRows, control.seed, control.epoch)" : "control.start + i"};
${each(inputs, (k) => `  let X_${k} = ${data.load(`row * ${inputs}u + ${k}u`)};`)}
${passes.map((step) => pass(step, layout, classes, elements.length)).join("\n")}
${elements.map(({ gradient }, e) => `  g[${e}] += ${gradient};`).join("\n")}
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
  for (var i = 0u; i < ${resident}u; i++) { p[i] = resident[first + i]; }
  control = blocks[instance];
  ringStart = instance * ${RECORD_WORDS * records}u;
  for (var t = 0u; t < dims.steps; t++) {
    advance();
${each(sums, (e) => `    g[${e}] = 0.0;`)}
    for (var i = local; i < control.rows; i += ${group}u) { addRow(i); }
${each(sums, (e) => `    partial[${e * group}u + local] = g[${e}];`)}
    workgroupBarrier();
    for (var e = local; e < ${sums}u; e += ${group}u) {
      var sum = partial[e * ${group}u];
      for (var u = 1u; u < ${group}u; u++) { sum += partial[e * ${group}u + u]; }
      total[e] = sum;
    }
    workgroupBarrier();
${each(sums, (e) => `    g[${e}] = total[${e}];`)}
    let L = g[${elements.length}];
    let s = ${decaying.length > 0 ? `0.5 * control.decay * (${decaying.map(({ parameter }) => `${parameter} * ${parameter}`).join(" + ")})` : "0.0"};
    if (!finite(L + s)) { control.halted |= ${HALTED}u; }
    if (control.halted == 0u) {
${elements.map(({ parameter, state, update }, e) => `      { ${updateStatements(update, { parameter, state }, `g[${e}]`)} }`).join("\n")}
    }
    if (local == 0u) { writeRecord(L, s, g[${elements.length + 1}]); }
  }
  for (var i = local; i < ${resident}u; i += ${group}u) { resident[first + i] = p[i]; }
  if (local == 0u) { blocks[instance] = control; }
}
`;
};

type Layout = WholeStepsVariant["layout"];

/** Element i of a tensor among the parameters and states. */
const at = (layout: Layout, name: string | undefined, i: number) => `p[${(layout[name ?? ""] ?? 0) + i}]`;

/** The constant that holds element i of one row of a tensor. */
const constant = (name = "", i: number) => `${name}_${i}`;

/** Every parameter that a layer's update changes, with its gradient of one row, as WGSL. */
function elementsOf({ variant, dims, bind }: UpdateStep, layout: Layout) {
  const { optimizer, decay, bias, biasDecay, penalty } = variant;
  const element = (name: string | undefined, stateName: string | undefined, i: number) => ({
    parameter: at(layout, name, i),
    state:
      stateWidths[optimizer] === 2
        ? ([at(layout, stateName, 2 * i), at(layout, stateName, 2 * i + 1)] as const)
        : ([at(layout, stateName, i), ""] as const),
  });
  const [rows, columns] = [dims.rows ?? 0, dims.columns ?? 0];
  const weights = Array.from({ length: rows * columns }, (_, i) => ({
    ...element(bind.w, bind.state, i),
    gradient: `${constant(bind.dz, Math.floor(i / columns))} * ${constant(bind.x, i % columns)}`,
    update: { optimizer, decay },
    penalty: penalty && Boolean(decay),
  }));
  const biases = Array.from({ length: bias ? rows : 0 }, (_, i) => ({
    ...element(bind.bias, bind.biasState, i),
    gradient: constant(bind.dz, i),
    update: { optimizer, decay: biasDecay },
    penalty: penalty && Boolean(biasDecay),
  }));
  return [...weights, ...biases];
}

/** One row's part of a layer, each element in a constant named after its tensor: `h1_0`, `dz1_0`. @param place of L among the sums */
function pass(step: PassStep, layout: Layout, classes: boolean, place: number): string {
  const { bind, dims } = step;
  const [inner, columns] = [dims.inner ?? 0, dims.columns ?? 0];
  const dot = (count: number, left: (k: number) => string, right: (k: number) => string) =>
    Array.from({ length: count }, (_, k) => `${left(k)} * ${right(k)}`).join(" + ");
  const linear = (j: number, bias: boolean) =>
    `${dot(
      inner,
      (k) => constant(bind.x, k),
      (k) => at(layout, bind.w, j * inner + k),
    )}${bias ? ` + ${at(layout, bind.bias, j)}` : ""}`;
  switch (step.kernel) {
    case "layerForward": {
      const { activation, bias } = step.variant;
      return each(columns, (j) => `  let ${constant(bind.h, j)} = activate_${activation}(${linear(j, bias)});`);
    }
    case "layerBackward":
      return each(columns, (i) => {
        const dh = dot(
          inner,
          (j) => constant(bind.dz, j),
          (j) => at(layout, bind.w, j * columns + i),
        );
        const h = constant(bind.h, i);
        return `  let ${constant(bind.below, i)} = (${dh}) * slope_${step.variant.activation}(${h}, ${h});`;
      });
    case "outputLoss": {
      const { loss, units, bias, activation } = step.variant;
      return `${each(units, (j) => `  let z${j} = ${linear(j, bias)};`)}
  ${rowLoss({
    loss,
    units,
    y: (j) => (classes ? "Y[row]" : `Y[row * ${units}u + ${j}u]`),
    activate: `activate_${activation}`,
    slope: `slope_${activation}`,
    score: `g[${place}] += rowLoss;
  g[${place + 1}] += hit;`,
    dz: (j, value) => `let ${constant(bind.dz, j)} = ${value};`,
  })}`;
    }
  }
}
