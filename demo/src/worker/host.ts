import { ChainruleError, type Device, DeviceError } from "chainrule";
import { type FaultMessage, type FromWorker, faultOf, type ToWorker, transferables } from "./protocol.ts";
import type { AnyOpenSession } from "./sessions.ts";

/** What the host takes from the worker that it runs in. */
export interface Surroundings {
  /** @throws DeviceError where there is no GPU */
  openDevice(): Promise<Device>;
  /** Loads the session of a page; undefined where there is no such page. */
  load(page: string): Promise<{ readonly open: unknown }> | undefined;
  send(message: FromWorker, transfer: Transferable[]): void;
}

type AnySession = ReturnType<AnyOpenSession>;

/**
 * Opens the GPU and runs the sessions of the pages.
 *
 * A lost GPU ends all there is. It may be heard of by its own promise, by a call or by a training that fails, in any order: whoever
 * is first has it told, once, and what fails from then on is no news.
 * @returns takes a message of the page
 */
export function createHost({ openDevice, load, send }: Surroundings): (message: ToWorker) => void {
  const sessions = new Map<number, Promise<AnySession>>();
  /** Why the GPU is lost, once it is. */
  let lost: FaultMessage | undefined;

  const post = (message: FromWorker, ...values: readonly unknown[]) => send(message, transferables(values));
  const end = (error: unknown): void => {
    if (lost) return;
    lost = faultOf(error);
    post({ kind: "lost", fault: lost });
  };

  const device: Promise<Device | undefined> = openDevice().then(
    (opened) => {
      const { name, software } = opened.adapter;
      post({ kind: "backend", backend: { kind: "gpu", name, software } });
      void opened.lost.then(end);
      return opened;
    },
    (error) => {
      post({ kind: "backend", backend: { kind: "cpu", reason: faultOf(error) } });
      return undefined;
    },
  );

  /** What failed, for the page, which has been told by then if it failed because the GPU is lost. */
  async function judge(error: unknown): Promise<FaultMessage> {
    const opened = await device;
    if (opened && mayBeOfLoss(error) && !(await works(opened.gpu))) end(await opened.lost);
    return lost ?? faultOf(error);
  }

  /** Shows an error that no call waits for, unless it is no news or of a page that was left. */
  async function tell(session: number, error: unknown): Promise<void> {
    const fault = await judge(error);
    if (!lost && sessions.has(session)) post({ kind: "fault", session, fault });
  }

  async function openSession(session: number, page: string): Promise<AnySession> {
    const loading = load(page);
    if (!loading) throw new Error(`worker: no session for the page "${page}"`);
    const [{ open }, opened] = await Promise.all([loading, device]);
    return (open as AnyOpenSession)({
      device: opened,
      emit: (event) => post({ kind: "event", session, event }, event),
      fail: (error) => void tell(session, error),
    });
  }

  async function call({ session, id, method, given }: ToWorker & { kind: "call" }): Promise<void> {
    try {
      const opened = await sessions.get(session);
      if (!opened) throw new Error(`worker: no session is open for "${method}"`);
      const run = opened.methods[method];
      if (!run) throw new Error(`worker: the session has no method "${method}"`);
      const value = await run(...given);
      post({ kind: "result", id, value }, value);
    } catch (error) {
      post({ kind: "failure", id, fault: await judge(error) });
    }
  }

  async function close({ session, id }: ToWorker & { kind: "close" }): Promise<void> {
    const closing = sessions.get(session);
    sessions.delete(session);
    // One that did not open, or whose GPU is lost, holds nothing.
    await closing?.then((opened) => opened.close()).catch(() => {});
    post({ kind: "result", id, value: undefined });
  }

  async function settle({ id }: ToWorker & { kind: "settle" }): Promise<void> {
    await Promise.allSettled([...sessions.values()].map(async (opening) => (await opening).settled?.()));
    post({ kind: "result", id, value: undefined });
  }

  return (message) => {
    switch (message.kind) {
      case "open": {
        const { session, page } = message;
        const opening = openSession(session, page);
        sessions.set(session, opening);
        opening.catch((error) => tell(session, error));
        return;
      }
      case "call":
        return void call(message);
      case "close":
        return void close(message);
      case "settle":
        return void settle(message);
      case "loseDevice":
        return void device.then((opened) => opened?.destroy());
    }
  };
}

/** Whether it may come of a lost GPU: the library's own errors but one are about what it was given. */
const mayBeOfLoss = (error: unknown): boolean => !(error instanceof ChainruleError) || error instanceof DeviceError;

/**
 * Whether a GPU still works, by the library's own rule (`src/device/lost.ts`): one that is lost maps no buffer, and finds no fault with
 * that, though its loss may be told later; one that lives may lack the memory, and says so.
 */
async function works(gpu: GPUDevice): Promise<boolean> {
  gpu.pushErrorScope("out-of-memory");
  gpu.pushErrorScope("validation");
  const mapped = map(gpu);
  const faults = [gpu.popErrorScope(), gpu.popErrorScope()].map((fault) => fault.catch(() => null));
  return (await mapped) || (await Promise.all(faults)).some(Boolean);
}

/** Maps a buffer. @returns whether that worked; true too where none could be made, which is no sign of a loss */
async function map(gpu: GPUDevice): Promise<boolean> {
  try {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const buffer = gpu.createBuffer({ label: "demo.lost", size: 4, usage });
    return await buffer
      .mapAsync(GPUMapMode.READ)
      .then(
        () => true,
        () => false,
      )
      .finally(() => buffer.destroy());
  } catch {
    return true;
  }
}
