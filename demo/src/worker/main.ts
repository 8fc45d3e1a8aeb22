import { type Device, openDevice } from "chainrule";
import { type Backend, type FromWorker, faultOf, type ToWorker, transferables } from "./protocol.ts";
import { type AnyOpenSession, sessions } from "./sessions.ts";

// The worker that owns the GPU: opens it, and runs the sessions of the pages.

/** The global scope of a dedicated worker, which TypeScript's DOM library takes for a window. */
interface Scope {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}
const scope = globalThis as unknown as Scope;
const send = (message: FromWorker, transfer: Transferable[] = []) => scope.postMessage(message, transfer);

type AnySession = ReturnType<AnyOpenSession>;
const open = new Map<number, Promise<AnySession>>();

const device: Promise<Device | undefined> = openDevice().then(
  (opened) => {
    const { name, software } = opened.adapter;
    announce({ kind: "gpu", name, software });
    void opened.lost.then((error) => send({ kind: "lost", fault: faultOf(error) }));
    return opened;
  },
  (error) => {
    announce({ kind: "cpu", reason: faultOf(error) });
    return undefined;
  },
);

function announce(backend: Backend): void {
  send({ kind: "backend", backend });
}

async function openSession(session: number, page: string): Promise<AnySession> {
  const load = sessions[page];
  if (!load) throw new Error(`worker: no session for the page "${page}"`);
  const [{ open }, opened] = await Promise.all([load(), device]);
  return (open as AnyOpenSession)({
    device: opened,
    emit: (event) => send({ kind: "event", session, event }, transferables([event])),
    fail: (error) => send({ kind: "fault", session, fault: faultOf(error) }),
  });
}

async function call({ session, id, method, given }: ToWorker & { kind: "call" }): Promise<void> {
  try {
    const value = await (await open.get(session))?.methods[method]?.(...given);
    send({ kind: "result", id, value }, transferables([value]));
  } catch (error) {
    send({ kind: "failure", id, fault: faultOf(error) });
  }
}

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "open": {
      const { session, page } = data;
      const opening = openSession(session, page);
      open.set(session, opening);
      opening.catch((error) => send({ kind: "fault", session, fault: faultOf(error) }));
      return;
    }
    case "call":
      void call(data);
      return;
    case "close": {
      const closing = open.get(data.session);
      open.delete(data.session);
      void closing?.then((session) => session.close()).catch(() => {});
      return;
    }
    case "loseDevice":
      void device.then((opened) => opened?.destroy());
      return;
  }
};
