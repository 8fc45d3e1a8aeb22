import type { Device } from "../../src/device/open.ts";

/** A device that answers as another one where `replaced` says so. */
export function disguised(original: Device, replaced: Readonly<Record<string, unknown>>): Device {
  const gpu = new Proxy(original.gpu, {
    get(target, name) {
      if (typeof name === "string" && Object.hasOwn(replaced, name)) return replaced[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { ...original, gpu };
}

/** The same device as if so many of its invocations ran in lockstep. What is compiled for either is compiled once. */
export const posing = (device: Device, lanes: number): Device => ({ ...device, adapter: { ...device.adapter, lanes } });

/** Devices without features, by what they are made of: pipelines are kept by device. */
const plain = new WeakMap<GPUDevice, Device>();

/** The same device as if it had no features, above all no subgroups. */
export function withoutFeatures(device: Device): Device {
  const known = plain.get(device.gpu) ?? disguised(device, { features: new Set() });
  plain.set(device.gpu, known);
  return known;
}
