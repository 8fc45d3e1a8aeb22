import { penaltyParts } from "../../kernels/penalty.ts";
import { stateWidth, updateRule } from "../../model/optimizer.ts";
import { elementsOf } from "../memory.ts";
import type { Plan } from "../types.ts";
import { backward } from "./backward.ts";
import { batched, beginPlan, type Draft, hasClasses, inputsOf, outputsOf, tensor } from "./draft.ts";
import { batchTensors, forward, lossStep, recordStep } from "./forward.ts";
import { type Trained, type TrainSpec, trainedParameters } from "./trained.ts";

/** The textbook plan of one training step: every formula of the two passes is a step, every quantity a tensor. */
export function buildTrainPlan(spec: TrainSpec): Plan {
  const draft = beginPlan("train", spec);
  const perLayer = trainedParameters(spec);
  const trained = perLayer.flat();
  dataTensors(draft, spec);
  beginSteps(draft, spec);
  forward(draft, spec);
  lossStep(draft, spec, true);
  recordStep(draft, spec, penaltySteps(draft, trained));
  backward(draft, spec, perLayer);
  update(draft, spec, trained);
  return draft;
}

/** The data set, and the batch that is gathered out of it. */
function dataTensors(draft: Draft, spec: TrainSpec): void {
  const { batch, dataRows, bytes } = spec;
  tensor(draft, "X", "data", [dataRows, inputsOf(spec)], bytes ? "u8" : "f32");
  if (hasClasses(spec)) tensor(draft, "Y", "data", [dataRows], "u32");
  else tensor(draft, "Y", "data", [dataRows, outputsOf(spec)]);
  batched(draft, "order", "data", [batch], "u32");
  batchTensors(draft, spec);
}

/** Counts the step, draws the rows of its batch and gathers them. */
function beginSteps(draft: Draft, spec: TrainSpec): void {
  const { batch, optimizer, shuffle, bytes } = spec;
  draft.steps.push(
    {
      phase: "begin",
      kernel: "advance",
      variant: { schedule: optimizer.schedule.kind, decay: optimizer.decay },
      dims: { rows: batch },
      bind: { control: "control" },
    },
    {
      phase: "begin",
      kernel: "sample",
      variant: { shuffle },
      dims: { rows: batch },
      bind: { control: "control", order: "order" },
    },
    {
      phase: "begin",
      kernel: "gatherRows",
      variant: bytes ? { bytes } : {},
      dims: { rows: batch, columns: inputsOf(spec) },
      bind: { control: "control", order: "order", data: "X", batch: "x" },
    },
    {
      phase: "begin",
      kernel: "gatherRows",
      variant: {},
      dims: { rows: batch, columns: hasClasses(spec) ? 1 : outputsOf(spec) },
      bind: { control: "control", order: "order", data: "Y", batch: "y" },
    },
  );
}

/** s = λ̃/2 Σ‖W‖², in parts. @returns how many */
function penaltySteps(draft: Draft, trained: readonly Trained[]): number {
  let parts = 0;
  for (const { name, shape } of trained.filter(({ penalized }) => penalized)) {
    const elements = elementsOf(shape);
    draft.steps.push({
      phase: "loss",
      kernel: "penalty",
      variant: {},
      dims: { elements, offset: parts },
      bind: { w: name, squares: "squares" },
    });
    parts += penaltyParts(elements);
  }
  if (parts > 0) tensor(draft, "squares", "metric", [parts]);
  return parts;
}

/** ω ← ω − (η/|B|) (gω + λ̃ω), or what the optimizer makes of it. */
function update(draft: Draft, { optimizer }: TrainSpec, trained: readonly Trained[]): void {
  const width = stateWidth(optimizer);
  for (const { name, shape, decays } of trained) {
    const state = `state_${name}`;
    if (width > 0) tensor(draft, state, "state", width === 1 ? shape : [...shape, width]);
    draft.steps.push({
      phase: "update",
      kernel: "weightUpdate",
      variant: { optimizer: updateRule(optimizer), decay: decays && optimizer.decay },
      dims: { elements: elementsOf(shape) },
      bind: { control: "control", g: `g${name}`, parameter: name, ...(width > 0 ? { state } : {}) },
    });
  }
}
