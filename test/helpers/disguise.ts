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
