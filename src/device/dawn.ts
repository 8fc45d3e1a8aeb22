import { DeviceError } from "../errors.ts";

/** WebGPU for Node: Dawn, out of the optional package `webgpu`. */
export async function dawn(): Promise<GPU> {
  const module = (await load("webgpu").catch((cause: unknown) => {
    throw notLoaded(cause);
  })) as { create(flags: string[]): GPU; globals: Record<string, unknown> };
  Object.assign(globalThis, module.globals);
  return module.create([]);
}

/** Imports a package by a name that bundlers cannot see, so that those for the browser leave it alone. */
const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ /* webpackIgnore: true */ name);

/** Why the package does not load: it is not there, or it is, and its binary does not run here. */
export function notLoaded(cause: unknown): DeviceError {
  const { code, message } = cause as Partial<NodeJS.ErrnoException>;
  // As Node and Deno name it. One that lacks a file of its own, or another package, is named by that.
  const missing = code === "ERR_MODULE_NOT_FOUND" && /(package|Import) ['"]webgpu['"]/.test(message ?? "");
  const [got, remedy] = missing
    ? ["Node without the package webgpu", "run npm install webgpu"]
    : [
        `the package webgpu, which does not load (${message ?? String(cause)})`,
        "see to what it says: its binary needs a system that it was built for, and the C library of that",
      ];
  return new DeviceError({ where: "openDevice", got, expected: "WebGPU", remedy }, { cause });
}
