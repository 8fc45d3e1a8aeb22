import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FromWorker, ToWorker } from "../../../demo/src/worker/protocol.ts";
import { FakeCanvas } from "./canvas.ts";

/** What a page sends to a worker, and gets from it. */
class FakeWorker {
  static all: FakeWorker[] = [];
  readonly got: ToWorker[] = [];
  onmessage: (event: { data: FromWorker }) => void = () => {};
  onerror: (event: { message?: string }) => void = () => {};
  onmessageerror: () => void = () => {};
  terminated = false;
  /** Whether it takes what it is sent. */
  takes = true;

  constructor() {
    FakeWorker.all.push(this);
  }

  postMessage(message: ToWorker): void {
    if (!this.takes) throw new DOMException("It cannot be cloned.", "DataCloneError");
    this.got.push(message);
  }

  terminate(): void {
    this.terminated = true;
  }

  say(data: FromWorker): void {
    this.onmessage({ data });
  }
}

let imports = 0;
/** The page's side, with a worker of its own. */
async function openPage() {
  FakeWorker.all = [];
  imports += 1;
  const client: typeof import("../../../demo/src/client.ts") = await import(
    /* @vite-ignore */ `../../../demo/src/client.ts?${imports}`
  );
  const [worker] = FakeWorker.all;
  if (!worker) throw new Error("no worker was started");
  return { client, worker };
}

const fault = { name: "DeviceError", message: "lost" };
type Contract = { methods: { work(): Promise<number> }; event: string };

beforeEach(() => {
  vi.stubGlobal("Worker", FakeWorker);
  for (const name of ["OffscreenCanvas", "ImageBitmap"]) vi.stubGlobal(name, FakeCanvas);
});
afterEach(() => void vi.unstubAllGlobals());

describe("the page's side of the worker", () => {
  it("keeps the first loss: a GPU's, or the worker's own", async () => {
    const { client, worker } = await openPage();
    worker.say({ kind: "lost", fault });
    worker.onerror({ message: "a mistake" });
    expect(client.lost.value).toEqual({ what: "gpu", fault });
    client.restart();
    expect(client.lost.value).toBeUndefined();
    FakeWorker.all[1]?.onerror({ message: "a mistake" });
    expect(client.lost.value).toMatchObject({ what: "worker", fault: { message: "a mistake" } });
  });

  it("rejects what waits when the worker is started again, and counts the workers", async () => {
    const { client, worker } = await openPage();
    const events: string[] = [];
    const { call, close } = client.connect<Contract>(
      "page",
      (event) => events.push(event),
      () => {},
    );
    const [working, closing] = [call.work(), close()];
    client.restart();
    await expect(working).rejects.toThrow("The worker was started again.");
    await expect(closing).rejects.toThrow("The worker was started again.");
    expect([worker.terminated, FakeWorker.all.length, client.generation.value]).toEqual([true, 2, 1]);
    worker.say({ kind: "event", session: 1, event: "late" });
    expect(events).toEqual([]);
  });

  it.each([
    ["does not load", (worker: FakeWorker) => worker.onerror({}), "It did not load."],
    ["gives an answer that cannot be read", (worker: FakeWorker) => worker.onmessageerror(), "could not be read"],
  ])("refuses what waits and what comes later of a worker that %s, until it is started again", async (_, end, said) => {
    const { client, worker } = await openPage();
    const open = () =>
      client.connect<Contract>(
        "page",
        () => {},
        () => {},
      );
    const { call } = open();
    const working = call.work();
    end(worker);
    await expect(working).rejects.toThrow(said);
    await expect(call.work()).rejects.toThrow(said);
    expect(client.lost.value).toMatchObject({ what: "worker", fault: { message: expect.stringContaining(said) } });
    client.restart();
    const again = open().call.work();
    const asked = FakeWorker.all[1]?.got.at(-1);
    FakeWorker.all[1]?.say({ kind: "result", id: asked?.kind === "call" ? asked.id : Number.NaN, value: 3 });
    expect(await again).toBe(3);
  });

  it("rejects a call whose values cannot be sent, and does not wait for its answer", async () => {
    vi.stubGlobal("requestAnimationFrame", (callback: () => void) => setTimeout(callback));
    const { client, worker } = await openPage();
    const { call } = client.connect<Contract>(
      "page",
      () => {},
      () => {},
    );
    worker.takes = false;
    await expect(call.work()).rejects.toThrow("It cannot be cloned.");
    worker.takes = true;
    const resting = client.settled();
    // Once, and not again for the call that never left.
    const asked = worker.got.at(-1);
    worker.say({ kind: "result", id: asked?.kind === "settle" ? asked.id : Number.NaN, value: undefined });
    await resting;
    expect(worker.got.filter(({ kind }) => kind === "settle")).toHaveLength(1);
  });

  it("tells when a session is closed", async () => {
    const { client, worker } = await openPage();
    const { close } = client.connect<Contract>(
      "page",
      () => {},
      () => {},
    );
    const closed = vi.fn();
    const closing = close().then(closed);
    const asked = worker.got.at(-1);
    expect([asked?.kind, closed.mock.calls.length]).toEqual(["close", 0]);
    worker.say({ kind: "result", id: asked?.kind === "close" ? asked.id : Number.NaN, value: undefined });
    await closing;
    expect(closed).toHaveBeenCalledTimes(1);
  });
});
