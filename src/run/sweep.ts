import { hardwareOf } from "../device/hardware.ts";
import { checkDevice, type Device } from "../device/open.ts";
import { CONTROL_WORDS, encodeControl, initialControl } from "../kernels/control.ts";
import { checkOptions, refuse, show } from "../model/options.ts";
import type { Plan } from "../plan/types.ts";
import { createGpuBackend } from "./gpu.ts";
import { initialParameters } from "./network.ts";
import { resolveTraining, trainingShape } from "./setup.ts";
import { createTraining } from "./training.ts";
import type { Sweep, SweepOptions } from "./types.ts";
import { taking } from "./unfit.ts";
import { checkVariants, planVariants } from "./variants.ts";

/**
 * Trains variants of a small network at the same time, one workgroup each, that differ in seed and in the numbers of their
 * optimizers. Each takes the very steps that a trainer with its seed and optimizer takes, bit for bit.
 * @throws ModelError, ShapeError, DataError, PlanError before any GPU work; DeviceError where the device refuses
 */
export const sweep = (device: Device, options: SweepOptions): Promise<Sweep> =>
  taking("sweep", (where) => {
    checkDevice(where, device);
    const taken = checkOptions(where, options, { ...trainingShape, variants: 1 });
    const { variants: described, model, loss, data, ...step } = taken;
    const variants = checkVariants(described);
    const given = resolveTraining(where, model, loss, data);
    const { network } = given;
    const planned = {
      ...step,
      optimizer: variants[0].optimizer,
      rows: given.data.rows,
      bytes: network.bytes !== undefined,
    };
    return create(device, given, variants, planVariants(network, planned, variants.length, hardwareOf(device)));
  });

type Given = readonly [
  device: Device,
  training: ReturnType<typeof resolveTraining>,
  variants: ReturnType<typeof checkVariants>,
  plan: Plan,
];

async function create(...given: Given): Promise<Sweep> {
  const { places, ...begun } = await prepare(...given);
  const { step: take, ...training } = createTraining({ ...begun, places }, (reports) => reports);

  /** @throws ModelError where there is no such variant */
  const check = (where: string, variant: number) => {
    if (Number.isInteger(variant) && variant >= 0 && variant < places.length) return;
    const last = places.length - 1;
    refuse(where, `variant ${show(variant)}`, `a whole number from 0 to ${last}`, "give the index of a variant");
  };
  return {
    plan: training.plan,
    step: take,
    fit: training.fit,
    async parameters(variant) {
      check("parameters", variant);
      return training.parameters(variant);
    },
    async save(variant, options) {
      check("save", variant);
      return training.save(options, variant);
    },
    dispose: training.dispose,
  };
}

/** Apart from what it is made for, whose closures would keep the data. */
async function prepare(...[device, { network, data }, variants, plan]: Given) {
  const [{ optimizer }] = variants;
  const backend = await createGpuBackend(device, "sweep", network, plan, variants.length);

  const resident = new Float32Array(backend.buffer("resident").size / 4);
  const control = new Uint32Array(variants.length * CONTROL_WORDS);
  const controls = variants.map(({ seed = 0, optimizer }, variant) => {
    const values = initialControl({ optimizer, dataRows: data.rows, batch: plan.batch, seed });
    control.set(encodeControl(values), variant * CONTROL_WORDS);
    const first = (variant * resident.length) / variants.length;
    for (const [name, numbers] of Object.entries(initialParameters(network.layers, seed))) {
      resident.set(numbers, first + (plan.resident?.[name] ?? 0));
    }
    return values;
  });
  backend.write({ X: data.inputs, Y: data.targets, resident, control });
  return {
    backend,
    network,
    begun: { control: controls[0] as (typeof controls)[number], schedule: optimizer.schedule },
    optimizer,
    places: variants.map((_, variant) => `sweep: variants[${variant}]`),
  };
}
