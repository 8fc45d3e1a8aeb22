import { openDevice } from "chainrule";
import { createHost } from "./host.ts";
import { type FromWorker, refuseUnread, type ToWorker } from "./protocol.ts";
import { sessions } from "./sessions.ts";

// The worker that owns the GPU.

/** The global scope of a dedicated worker, which TypeScript's DOM library takes for a window. */
interface Scope {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  onmessageerror: (() => void) | null;
}
const scope = globalThis as unknown as Scope;

const receive = createHost({
  openDevice,
  load: (page) => sessions[page]?.(),
  send: (message, transfer) => scope.postMessage(message, transfer),
});
scope.onmessage = ({ data }) => receive(data);
scope.onmessageerror = refuseUnread;
