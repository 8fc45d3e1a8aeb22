/**
 * Everything that crosses between the page and the worker that trains.
 *
 * The worker opens the GPU once. A page of the site opens a session in it, calls the session's methods, gets events from it,
 * and closes it. What a session can do is the page's own contract, `pages/<page>/contract.ts`.
 */

/** What one page's session offers: its methods, and the events that it sends. */
export interface Contract {
  // biome-ignore lint/suspicious/noExplicitAny: any method will do; the page's contract gives the types.
  readonly methods: Readonly<Record<string, (...given: any[]) => unknown>>;
  readonly event: unknown;
}

/** The methods of a session as the page calls them. */
export type Remote<M extends Contract["methods"]> = {
  readonly [K in keyof M]: (...given: Parameters<M[K]>) => Promise<Awaited<ReturnType<M[K]>>>;
};

/** An error of the library, or any other, as it crosses. */
export interface FaultMessage {
  /** `DataError`, `DeviceError`, … */
  readonly name: string;
  readonly message: string;
  /** The four parts of the library's own errors. */
  readonly parts?: {
    readonly where: string;
    readonly got: string;
    readonly expected: string;
    readonly remedy: string;
  };
  /** Of a DataError: where in the text, counted from 1. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** What trains. */
export type Backend =
  | { readonly kind: "gpu"; readonly name: string; readonly software: boolean }
  | { readonly kind: "cpu"; readonly reason: FaultMessage };

export type ToWorker =
  | { readonly kind: "open"; readonly session: number; readonly page: string }
  | {
      readonly kind: "call";
      readonly session: number;
      readonly id: number;
      readonly method: string;
      readonly given: readonly unknown[];
    }
  /** Ends a session; answered once all that it held is free. */
  | { readonly kind: "close"; readonly session: number; readonly id: number }
  /** Answered once what came before was taken, and what it changed is drawn. */
  | { readonly kind: "settle"; readonly id: number }
  /** Takes the GPU away, to see what the site does then. */
  | { readonly kind: "loseDevice" };

export type FromWorker =
  | { readonly kind: "backend"; readonly backend: Backend }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly fault: FaultMessage }
  | { readonly kind: "event"; readonly session: number; readonly event: unknown }
  /** Something failed that no call waits for, such as training that runs on. */
  | { readonly kind: "fault"; readonly session: number; readonly fault: FaultMessage }
  /** The GPU is lost. Sent once at most, before the failure of a call that comes of it. */
  | { readonly kind: "lost"; readonly fault: FaultMessage };

type Part = "where" | "got" | "expected" | "remedy" | "line" | "column";

/** An error as the page shows it; a ChainruleError keeps its parts. */
export function faultOf(error: unknown): FaultMessage {
  if (error instanceof RemoteError) return error.fault;
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message } = error;
  const { where, got, expected, remedy, line, column }: Error & Readonly<Partial<Record<Part, unknown>>> = error;
  if ([where, got, expected, remedy].some((part) => typeof part !== "string")) return { name, message };
  return {
    name,
    message,
    parts: { where, got, expected, remedy } as NonNullable<FaultMessage["parts"]>,
    line: typeof line === "number" ? line : undefined,
    column: typeof column === "number" ? column : undefined,
  };
}

/** What the page throws for a call that failed in the worker. */
export class RemoteError extends Error {
  readonly fault: FaultMessage;

  constructor(fault: FaultMessage) {
    super(fault.message);
    this.name = fault.name;
    this.fault = fault;
  }
}

/** What a worker does with a call that cannot be read, whose number nobody knows: the page hears of it as of any error of the worker. */
export const refuseUnread = (): never => {
  throw new Error("A call could not be read.");
};

/**
 * Objects in a call's values that move to the other side instead of being copied: canvases, bitmaps, and buffers that are named by
 * themselves. An array is copied, unless its buffer is.
 */
export function transferables(values: readonly unknown[]): Transferable[] {
  return values.flatMap((value): Transferable[] => {
    if (value instanceof OffscreenCanvas || value instanceof ImageBitmap) return [value];
    if (value instanceof ArrayBuffer) return [value];
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
    return transferables(Object.values(value));
  });
}
