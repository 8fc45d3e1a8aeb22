import { type Contract, type Remote, RemoteError, transferables } from "./worker/protocol.ts";
import type { AsideAnswer, AsideCall } from "./worker/serve.ts";

/**
 * A worker beside the one that owns the GPU, for work on a file, which may be large or made to take for ever: nobody else waits for it,
 * and it can be ended at any time.
 */
export interface Aside<M extends Contract["methods"]> {
  readonly call: Remote<M>;
  /** Ends it amid whatever it does; what waits for it is refused. */
  end(): void;
}

/** What is asked of all of them and not answered yet. */
export const asked = new Set<Promise<unknown>>();

/** @param worker that runs `serve` of `worker/serve.ts` */
export function aside<M extends Contract["methods"]>(worker: Worker): Aside<M> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let ended: Error | undefined;
  let numbers = 0;
  const end = (error: Error): void => {
    ended ??= error;
    worker.terminate();
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const ask = (method: string, given: readonly unknown[]): Promise<unknown> => {
    if (ended) return Promise.reject(ended);
    const call: AsideCall = { id: ++numbers, method, given };
    const answer = new Promise((resolve, reject) => {
      // First: for what cannot be sent, which throws, there is nothing to wait.
      worker.postMessage(call, transferables(given));
      waiting.set(call.id, { resolve, reject });
    });
    asked.add(answer);
    const forget = () => void asked.delete(answer);
    answer.then(forget, forget);
    return answer;
  };
  worker.onmessage = ({ data }: MessageEvent<AsideAnswer>) => {
    const found = waiting.get(data.id);
    waiting.delete(data.id);
    if ("fault" in data) found?.reject(new RemoteError(data.fault));
    else found?.resolve(data.value);
  };
  worker.onerror = ({ message }) => end(new Error(message || "A worker of this page did not load."));
  // Which call it was of stands in what cannot be read.
  worker.onmessageerror = () => end(new Error("An answer of a worker of this page could not be read."));
  return {
    call: new Proxy({} as Remote<M>, {
      get:
        (_, method) =>
        (...given: unknown[]) =>
          ask(String(method), given),
    }),
    end: () => end(new RemoteError({ name: "AbortError", message: "The work was cancelled." })),
  };
}
