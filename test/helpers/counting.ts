/** Calls to a device by name since the last `reset`, and the buffers that are alive. */
export interface Counter {
  readonly counts: Readonly<Record<string, number>>;
  /** Labels of the buffers that were made and not destroyed. */
  alive(): string[];
  /** Bytes of those buffers. */
  bytes(): number;
  /** The most bytes that were alive at once since the last `reset`. */
  peak(): number;
  /** The dispatches of each submit since the last `reset`. */
  submits(): readonly number[];
  /** Resolves once a condition on what is counted holds: at once, or right after the call by which it does. */
  when(holds: () => boolean): Promise<void>;
  reset(): void;
}

const counted = [
  "createBuffer",
  "createBindGroup",
  "createBindGroupLayout",
  "createComputePipeline",
  "createComputePipelineAsync",
  "createShaderModule",
  "createCommandEncoder",
] as const;

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** Replaces a method of one object by one that calls `after` with what the method gave. */
function tap(target: object, name: string, after: (result: unknown) => void): void {
  const original = Reflect.get(target, name) as Method;
  const replacement: Method = (...given) => {
    const result = original.apply(target, given);
    after(result);
    return result;
  };
  Object.defineProperty(target, name, { value: replacement, configurable: true, writable: true });
}

/** Counts what is asked of a device from now on, without changing what it does. */
export function countCalls(gpu: GPUDevice): Counter {
  const counts: Record<string, number> = {};
  const alive = new Set<GPUBuffer>();
  const bytes = () => Array.from(alive, ({ size }) => size).reduce((sum, size) => sum + size, 0);
  let peak = 0;
  let submits: number[] = [];
  let dispatches = 0;
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const look of waiting) look();
  };
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
    changed();
  };
  const taps: Readonly<Record<string, (made: unknown) => void>> = {
    createBuffer: (made) => {
      const buffer = made as GPUBuffer;
      alive.add(buffer);
      peak = Math.max(peak, bytes());
      changed();
      tap(buffer, "destroy", () => {
        alive.delete(buffer);
        changed();
      });
      tap(buffer, "mapAsync", () => count("mapAsync"));
    },
    createCommandEncoder: (made) => {
      const encoder = made as GPUCommandEncoder;
      tap(encoder, "beginComputePass", (pass) => {
        count("beginComputePass");
        tap(pass as object, "dispatchWorkgroups", () => {
          dispatches++;
          count("dispatchWorkgroups");
        });
      });
    },
  };
  for (const name of counted) {
    tap(gpu, name, (made) => {
      count(name);
      taps[name]?.(made);
    });
  }
  tap(gpu.queue, "writeBuffer", () => count("writeBuffer"));
  tap(gpu.queue, "submit", () => {
    // What is recorded is submitted before anything else is.
    submits.push(dispatches);
    dispatches = 0;
    count("submit");
  });
  return {
    counts,
    alive: () => Array.from(alive, ({ label }) => label),
    bytes,
    peak: () => peak,
    submits: () => submits,
    when: (holds) =>
      new Promise((resolve) => {
        const look = () => {
          if (!holds()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    reset: () => {
      peak = bytes();
      submits = [];
      for (const name of Object.keys(counts)) delete counts[name];
    },
  };
}
