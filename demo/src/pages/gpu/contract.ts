import type { Benchmark } from "./benchmark.ts";
import type { SelfCheck } from "./self-check.ts";
import type { Work } from "./work.ts";

export type { Work };

/** What the browser tells of the GPU, and what the library asked it for. */
export interface Description {
  /** As the library prints it beside every figure. */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether it is a program on the CPU. */
  readonly software: boolean;
  /** Fewest and most invocations that run in lockstep; undefined where the browser does not tell. */
  readonly subgroup: { readonly least: number; readonly most: number } | undefined;
  /** Of the device that trains. */
  readonly limits: Readonly<Record<string, number>>;
  /** What the adapter offers. */
  readonly features: readonly string[];
  /** Which of them the device that trains has switched on. */
  readonly enabled: readonly string[];
}

export interface GpuContract {
  readonly methods: {
    /** Undefined where there is no WebGPU. */
    describe(): Promise<Description | undefined>;
    /** Trains every network of the check on the GPU and by the reference. @throws DeviceError where there is no GPU */
    check(): Promise<SelfCheck>;
    /**
     * @param seconds to measure for, over all networks and contestants
     * @param tfjs whether TensorFlow.js is loaded and takes part
     */
    benchmark(seconds: number, tfjs: boolean): Promise<Benchmark>;
    /** Ends the check or the benchmark that runs, whose call is refused with an AbortError. */
    stop(): Promise<void>;
  };
  readonly event:
    | { readonly kind: "check"; readonly work: Work; readonly check: SelfCheck }
    | { readonly kind: "benchmark"; readonly work: Work; readonly benchmark: Benchmark };
}
