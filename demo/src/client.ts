import { signal } from "@preact/signals";
import { asked } from "./aside.ts";
import { startWorker } from "./scripts.ts";
import script from "./worker/main.ts?worker&url";
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

/** What ended, and why. */
export interface Loss {
  readonly what: "gpu" | "worker";
  readonly fault: FaultMessage;
}

/** What is lost, the first thing if there were several, until the user starts again. */
export const lost = signal<Loss | undefined>(undefined);

/** Counts the workers; a page keyed by it is built anew after a restart. */
export const generation = signal(0);

/** A page's connection to its session in the worker. */
export interface Connection<C extends Contract> {
  readonly call: Remote<C["methods"]>;
  /** @returns when all that the session held is free */
  close(): Promise<unknown>;
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
/** Why the worker answers no more, once it does not. */
let ended: RemoteError | undefined;
let worker = start();
let numbers = 0;

function start(): Worker {
  const made = startWorker(script, "chainrule");
  made.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data);
  made.onerror = ({ message }) => lose(message || "It did not load.");
  made.onmessageerror = () => lose("Its answer could not be read.");
  return made;
}

/** What the worker was asked is refused, and what it is asked until it is started again. */
function lose(message: string): void {
  const fault = { name: "Error", message };
  lost.value ??= { what: "worker", fault };
  ended ??= new RemoteError(fault);
  refuse(ended);
}

function refuse(error: RemoteError): void {
  for (const { reject } of waiting.values()) reject(error);
  waiting.clear();
}

const post = (message: ToWorker, transfer: Transferable[] = []) => worker.postMessage(message, transfer);

/** Posts what the worker answers, under a number of its own. */
const ask = (message: (id: number) => ToWorker, transfer?: Transferable[]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    if (ended) throw ended;
    const id = ++numbers;
    // First: for what cannot be sent, which throws, there is nothing to wait.
    post(message(id), transfer);
    waiting.set(id, { resolve, reject });
  });

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
      lost.value ??= { what: "gpu", fault: message.fault };
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
        ask((id) => ({ kind: "call", session, id, method: String(method), given }), transferables(given)),
  });
  return {
    call,
    close() {
      listeners.delete(session);
      return ask((id) => ({ kind: "close", session, id }));
    },
  };
}

/** Ends the worker with all it holds and starts another; pages are built anew. */
export function restart(): void {
  worker.terminate();
  listeners.clear();
  refuse(new RemoteError({ name: "AbortError", message: "The worker was started again." }));
  ended = undefined;
  backend.value = undefined;
  lost.value = undefined;
  worker = start();
  generation.value += 1;
}

const nextFrame = () => new Promise(requestAnimationFrame);

/** @returns when the workers have answered all that was asked of them, pages that were left hold nothing, and the screen shows what is drawn */
export async function settled(): Promise<void> {
  let quiet: boolean;
  do {
    quiet = waiting.size + asked.size === 0;
    await Promise.allSettled([ask((id) => ({ kind: "settle", id })), ...asked]);
    // An answer is drawn in a frame, and may have effects after it, which ask again.
    await nextFrame();
    await nextFrame();
  } while (!quiet || waiting.size + asked.size > 0);
}
