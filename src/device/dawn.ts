import { DeviceError } from "../errors.ts";

/** WebGPU for Node: Dawn, out of the optional package `webgpu`. */
export async function dawn(): Promise<GPU> {
  const module = (await load("webgpu").catch((cause: unknown) => {
    throw new DeviceError(
      {
        where: "openDevice",
        got: "Node without the package webgpu",
        expected: "WebGPU",
        remedy: "run npm install webgpu",
      },
      { cause },
    );
  })) as { create(flags: string[]): GPU; globals: Record<string, unknown> };
  Object.assign(globalThis, module.globals);
  return module.create([]);
}

/** Imports a package by a name that bundlers cannot see, so that those for the browser leave it alone. */
const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ /* webpackIgnore: true */ name);
