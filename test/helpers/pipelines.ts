import { afterAll } from "vitest";

/**
 * A setup file. Where the environment variable CHAINRULE_PIPELINES names a file, each file of tests appends a line to it,
 * `{ file, pipelines, seconds }`: the compute pipelines that it asked devices for, and how long it took. Dawn's null device
 * compiles none. Without the variable, and in a page, it does nothing.
 */
const { process, Deno } = globalThis as Runtime;
const log = process?.env?.CHAINRULE_PIPELINES;

interface Runtime {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
  readonly Deno?: unknown;
}

type Method = (this: GPUDevice, ...given: unknown[]) => unknown;

/** Under it a device's prototype keeps how many were compiled: files that share a worker share the prototype too. */
const COUNT = Symbol.for("chainrule.pipelines");

/** The prototype of all devices, whose methods that compile count. */
async function counting(): Promise<{ [COUNT]?: number }> {
  // Where the runtime has no WebGPU of its own, it is Dawn's.
  const { globals } = Deno === undefined ? await import("webgpu") : { globals: globalThis };
  const { prototype } = (globals as { GPUDevice: { prototype: { [COUNT]?: number } } }).GPUDevice;
  if (prototype[COUNT] !== undefined) return prototype;
  prototype[COUNT] = 0;
  for (const name of ["createComputePipeline", "createComputePipelineAsync"]) {
    const create = Reflect.get(prototype, name) as Method;
    const value: Method = function (...given) {
      const made = create.apply(this, given);
      const count = () => {
        if (this.adapterInfo?.device !== "null-backend") prototype[COUNT] = (prototype[COUNT] ?? 0) + 1;
      };
      // What fails was not compiled.
      Promise.resolve(made).then(count, () => {});
      return made;
    };
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  }
  return prototype;
}

if (log) {
  const { appendFileSync } = await import("node:fs");
  const devices = await counting();
  const [before, began] = [devices[COUNT] ?? 0, performance.now()];
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads there which fixtures a hook takes, and wants the pattern.
  afterAll(({}, { file: { name: file } }) => {
    const seconds = Number(((performance.now() - began) / 1000).toFixed(2));
    appendFileSync(log, `${JSON.stringify({ file, pipelines: (devices[COUNT] ?? 0) - before, seconds })}\n`);
  });
}
