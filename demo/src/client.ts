import { signal } from "@preact/signals";
import {
  type Backend,
  type Contract,
  type FaultMessage,
  type FromWorker,
  type Remote,
  RemoteError,
  type ToWorker,
  transferables,
} from "./worker/protocol.ts";

/** What trains, known once the worker has tried to open the GPU. */
export const backend = signal<Backend | undefined>(undefined);

/** Why the GPU went away, until the user starts again. */
export const lost = signal<FaultMessage | undefined>(undefined);

/** Counts the workers; a page keyed by it is built anew after a restart. */
export const generation = signal(0);

/** A page's connection to its session in the worker. */
export interface Connection<C extends Contract> {
  readonly call: Remote<C["methods"]>;
  close(): void;
}

interface Listener {
  event(event: unknown): void;
  fault(fault: FaultMessage): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const listeners = new Map<number, Listener>();
const waiting = new Map<number, Waiting>();
let worker = start();
let numbers = 0;

function start(): Worker {
  const made = new Worker(new URL("./worker/main.ts", import.meta.url), { type: "module", name: "chainrule" });
  made.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data);
  made.onerror = (event) => {
    lost.value = { name: "Error", message: event.message || "The worker that trains has stopped." };
  };
  return made;
}

const post = (message: ToWorker, transfer: Transferable[] = []) => worker.postMessage(message, transfer);

function receive(message: FromWorker): void {
  switch (message.kind) {
    case "backend":
      backend.value = message.backend;
      return;
    case "result":
      settle(message.id)?.resolve(message.value);
      return;
    case "failure":
      settle(message.id)?.reject(new RemoteError(message.fault));
      return;
    case "event":
      listeners.get(message.session)?.event(message.event);
      return;
    case "fault":
      listeners.get(message.session)?.fault(message.fault);
      return;
    case "lost":
      lost.value = message.fault;
      return;
  }
}

function settle(id: number): Waiting | undefined {
  const found = waiting.get(id);
  waiting.delete(id);
  return found;
}

/**
 * Opens the session of a page.
 * @param page its name in `worker/sessions.ts`
 * @param onEvent takes the session's events
 * @param onFault takes errors that no call waits for
 */
export function connect<C extends Contract>(
  page: string,
  onEvent: (event: C["event"]) => void,
  onFault: (fault: FaultMessage) => void,
): Connection<C> {
  const session = ++numbers;
  listeners.set(session, { event: onEvent, fault: onFault });
  post({ kind: "open", session, page });
  const call = new Proxy({} as Remote<C["methods"]>, {
    get:
      (_, method) =>
      (...given: unknown[]) =>
        new Promise((resolve, reject) => {
          const id = ++numbers;
          waiting.set(id, { resolve, reject });
          post({ kind: "call", session, id, method: String(method), given }, transferables(given));
        }),
  });
  return {
    call,
    close() {
      listeners.delete(session);
      post({ kind: "close", session });
    },
  };
}

/** Ends the worker with all it holds and starts another; pages are built anew. */
export function restart(): void {
  worker.terminate();
  listeners.clear();
  waiting.clear();
  backend.value = undefined;
  lost.value = undefined;
  worker = start();
  generation.value += 1;
}

/** Takes the GPU away, to see what the site does then. */
export const loseDevice = () => post({ kind: "loseDevice" });
