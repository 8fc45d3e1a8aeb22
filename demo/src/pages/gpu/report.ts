import type { Benchmark } from "./benchmark.ts";
import type { Description } from "./contract.ts";
import type { SelfCheck } from "./self-check.ts";

/** Everything that the page knows, for somebody else to read. */
export interface Report {
  readonly page: string;
  /** ISO 8601, of the moment it was copied. */
  readonly date: string;
  readonly versions: { readonly chainrule: string; readonly tfjs?: string | undefined };
  readonly userAgent: string;
  /** Undefined without WebGPU. */
  readonly gpu?: Description | undefined;
  readonly selfCheck?: SelfCheck | undefined;
  readonly benchmark?: Benchmark | undefined;
}

/** JSON has no word for what is no number: it is written as text. */
export const textOf = (report: Report): string =>
  JSON.stringify(
    report,
    (_, value: unknown) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value),
    2,
  );
