import type { Device } from "chainrule";
import type { Context, OpenSession, Session } from "../../worker/session.ts";
import { takeTurns } from "../../worker/turns.ts";
import { runBenchmark } from "./benchmark.ts";
import type { Description, GpuContract } from "./contract.ts";
import { limits } from "./limits.ts";
import { selfCheck } from "./self-check.ts";

export const open: OpenSession<GpuContract> = (context) => new GpuSession(context);

class GpuSession implements Session<GpuContract> {
  readonly methods: GpuContract["methods"];
  readonly #context: Context<GpuContract>;
  /** Of what runs, and of what is asked for until it is stopped. */
  #stop = new AbortController();
  /** The check and the benchmark would slow each other. */
  readonly #inTurn = takeTurns();

  constructor(context: Context<GpuContract>) {
    this.#context = context;
    const { device } = context;
    this.methods = {
      describe: async () => device && describe(device),
      check: () =>
        this.#turn(async (signal) => {
          if (!device) throw new Error("The self-check compares the GPU with the CPU reference, and there is no GPU.");
          return selfCheck(device, signal, (work, check) => context.emit({ kind: "check", work, check }));
        }),
      benchmark: (seconds, tfjs) =>
        this.#turn((signal) =>
          runBenchmark({
            device,
            tfjs,
            seconds,
            signal,
            report: (work, benchmark) => this.#context.emit({ kind: "benchmark", work, benchmark }),
          }),
        ),
      stop: async () => {
        this.#stop.abort();
        this.#stop = new AbortController();
      },
    };
  }

  close(): Promise<void> {
    this.#stop.abort();
    return this.#inTurn(async () => {});
  }

  /** Runs one method after the other, until they are stopped or the session is closed. */
  #turn<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#stop;
    return this.#inTurn(() => {
      signal.throwIfAborted();
      return work(signal);
    });
  }
}

async function describe({ gpu, adapter: known }: Device): Promise<Description> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("The browser gave the library a GPU, but gives this page none to describe.");
  const { vendor, architecture, device, description, subgroupMinSize: least, subgroupMaxSize: most } = adapter.info;
  return {
    name: known.name,
    vendor,
    architecture,
    device,
    description,
    software: known.software,
    // Browsers that do not know them say nothing.
    subgroup: least && most ? { least, most } : undefined,
    limits: Object.fromEntries(limits.map(({ name }) => [name, gpu.limits[name]])),
    features: [...adapter.features].sort(),
    enabled: [...gpu.features].sort(),
  };
}
