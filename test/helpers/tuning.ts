import type { Device } from "../../src/device/open.ts";
import { attempts, type Choice, choiceOf, choiceText, products, type Tunable } from "../../src/plan/tiles.ts";
import type { Plan } from "../../src/plan/types.ts";
import { cacheKey, encodeKept } from "../../src/run/tune/cache.ts";
import type { TuneReport } from "../../src/run/tune/types.ts";
import type { Parameters, TrainerOptions } from "../../src/run/types.ts";
import { disguised } from "./disguise.ts";
import { withTrainer } from "./training.ts";

/** A clock on which 10 ms pass at each look: every run seems to take as long, and what counts is how often it was looked at. */
export function ticking(): () => number {
  let time = 0;
  return () => {
    time += 10;
    return time;
  };
}

/**
 * A device that shares nothing that is compiled, and a clock on which only its dispatches take time.
 * @param cost of a dispatch in ms, by its shader
 */
export function scripted(device: Device, cost: (source: string) => number) {
  const { gpu } = device;
  const sources = new WeakMap<object, string>();
  let time = 0;
  const createShaderModule = (given: GPUShaderModuleDescriptor) => {
    const module = gpu.createShaderModule(given);
    sources.set(module, given.code);
    return module;
  };
  const createComputePipelineAsync = async (given: GPUComputePipelineDescriptor) => {
    const pipeline = await gpu.createComputePipelineAsync(given);
    sources.set(pipeline, sources.get(given.compute.module) ?? "");
    return pipeline;
  };
  const createCommandEncoder = (given?: GPUCommandEncoderDescriptor) => {
    const encoder = gpu.createCommandEncoder(given);
    const { beginComputePass } = encoder;
    encoder.beginComputePass = (described) => {
      const pass = beginComputePass.call(encoder, described);
      const { setPipeline, dispatchWorkgroups } = pass;
      let each = 0;
      pass.setPipeline = (pipeline) => {
        each = cost(sources.get(pipeline) ?? "");
        return setPipeline.call(pass, pipeline);
      };
      pass.dispatchWorkgroups = (...sizes) => {
        time += each;
        return dispatchWorkgroups.apply(pass, sizes);
      };
      return pass;
    };
    return encoder;
  };
  const on = disguised(device, { createShaderModule, createComputePipelineAsync, createCommandEncoder });
  return { on, now: () => time };
}

/** Parameters and optimizer state after so many steps. */
export const train = (on: Device, given: TrainerOptions, steps: number) =>
  withTrainer(on, given, async (trainer) => {
    await trainer.step(steps);
    const states = Object.keys(trainer.plan.tensors).filter((name) => name.startsWith("state_"));
    const values: Record<string, Float32Array<ArrayBuffer>> = { ...(await trainer.parameters()) };
    for (const name of states) values[name] = (await trainer.read(name)).data as Float32Array<ArrayBuffer>;
    return { values: values as Parameters, plan: trainer.plan, tuning: trainer.tuning as TuneReport };
  });

/** Another way to share out each product, whether faster or not: all that may vary does where it can. */
export function otherChoice(step: Tunable): Choice {
  const own = choiceOf(step);
  if ("group" in own) return { group: 16, subgroups: false };
  if (step.kernel === "layerUpdate" && step.variant.penalty) return { ...own, unroll: 8 };
  return { ...own, along: 4, across: 1, lanes: 16, unroll: 2, swap: !own.swap, subgroups: false };
}

type Written = ReadonlyMap<string, string> & Map<string, string>;

/** A cache that says of every product of a plan that the search is over and `choose` was the best. */
export const cacheOf = (
  plan: Plan,
  choose: (step: Tunable) => Choice,
  device: Pick<Device, "adapter">,
  from: Pick<Device, "adapter"> = device,
): Written =>
  new Map(
    products(plan).map(({ step }) => [
      cacheKey(device, step),
      encodeKept(from, step, { choice: choose(step), tried: attempts(step) }),
    ]),
  );

export const choicesIn = (plan: Plan): string[] => products(plan).map(({ step }) => choiceText(choiceOf(step)));

/** A device of which every shader with 16 invocations a workgroup comes out otherwise. */
export const miscompiling = (device: Device, change: (source: string) => string): Device =>
  disguised(device, {
    createShaderModule: (given: GPUShaderModuleDescriptor) =>
      device.gpu.createShaderModule(
        given.code.includes("@workgroup_size(16)") ? { ...given, code: change(given.code) } : given,
      ),
  });

/**
 * Ways to come out otherwise, for batches of which the partial one has so many rows, what the tuner says of each, and what the
 * source then has.
 */
export const mistakes = (partial: number): readonly [string, (source: string) => string, string, mark: string][] => {
  const bit = "let z = value * 1.0000001";
  const rows = `let z = select(value, 0.0, control.rows == ${partial}u)`;
  return [
    ["in the last bit", (source) => source.replace("let z = value", bit), "other bits", bit],
    ["in the partial batch alone", (source) => source.replace("let z = value", rows), "other bits", rows],
    [
      "in that it does not compile",
      (source) => `${source}\nno WGSL`,
      "refused by the device: a shader that",
      "no WGSL",
    ],
  ];
};

/** A plan of its products of one kernel alone, which find all that they read written. */
export const alone = (plan: Plan, kernel: Tunable["kernel"]): Plan => ({
  ...plan,
  tensors: Object.fromEntries(
    Object.entries(plan.tensors).map(([name, tensor]) => [
      name,
      ["control", "parameter", "state"].includes(tensor.role) ? tensor : { ...tensor, role: "scratch" },
    ]),
  ),
  steps: plan.steps.filter((step) => step.kernel === kernel),
});
