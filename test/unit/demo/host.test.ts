import { DataError, type Device, DeviceError } from "chainrule";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createHost } from "../../../demo/src/worker/host.ts";
import type { FromWorker } from "../../../demo/src/worker/protocol.ts";
import type { Context } from "../../../demo/src/worker/session.ts";
import { failingGpu } from "../../helpers/failing-gpu.ts";
import { turns } from "../../helpers/turns.ts";
import { FakeCanvas } from "./canvas.ts";

const parts = { where: "GPU", got: "a lost device", expected: "one that works", remedy: "open it again" };
const abort = new DOMException("Buffer was unmapped before mapping was resolved.", "AbortError");

beforeAll(() => {
  for (const name of ["OffscreenCanvas", "ImageBitmap"]) vi.stubGlobal(name, FakeCanvas);
  vi.stubGlobal("GPUBufferUsage", { MAP_READ: 1 });
  vi.stubGlobal("GPUMapMode", { READ: 1 });
});
afterAll(() => void vi.unstubAllGlobals());

type Anything = Context<{ methods: Record<string, never>; event: unknown }>;

/** A worker with one page open, whose GPU is lost, and told to be, when the test says so. */
async function openWorker(gpu = true) {
  const loss = new DeviceError(parts);
  let tell = () => {};
  const lost = new Promise<DeviceError>((resolve) => {
    tell = () => resolve(loss);
  });
  const { become, ...fake } = failingGpu();
  const device = {
    gpu: fake.gpu,
    adapter: { name: "a GPU", software: false },
    lost,
  } as Device;

  const sent: FromWorker[] = [];
  let context: Anything | undefined;
  const calls: ((error?: unknown) => void)[] = [];
  const ends: (() => void)[] = [];
  const receive = createHost({
    openDevice: () => (gpu ? Promise.resolve(device) : Promise.reject(new DeviceError(parts))),
    load: (page) =>
      page === "page"
        ? Promise.resolve({
            open: (given: Anything) => {
              context = given;
              return {
                methods: {
                  work: () => new Promise((resolve, reject) => calls.push((e) => (e ? reject(e) : resolve(1)))),
                },
                close: () => new Promise<void>((resolve) => ends.push(resolve)),
              };
            },
          })
        : undefined,
    send: (message) => sent.push(message),
  });
  receive({ kind: "open", session: 1, page: "page" });
  await turns();
  const of = <K extends FromWorker["kind"]>(kind: K) =>
    sent.filter((message): message is FromWorker & { kind: K } => message.kind === kind);
  return {
    receive,
    of,
    calls,
    ends,
    become,
    tell,
    call: () => receive({ kind: "call", session: 1, id: 7, method: "work", given: [] }),
    fail: (error: unknown) => context?.fail(error),
  };
}

describe("the worker", () => {
  it.each([
    ["an error of the browser's", abort],
    ["the library's", new DeviceError(parts)],
  ])("tells of a lost GPU once where training and a call fail first, with %s", async (_, error) => {
    const { of, calls, call, fail, become, tell } = await openWorker();
    call();
    await turns();
    become("lost");
    fail(error);
    calls[0]?.(error);
    await turns();
    // What failed is not known before the reason is.
    expect([of("lost"), of("fault"), of("failure")]).toEqual([[], [], []]);
    tell();
    await turns();
    fail(abort);
    await turns();
    expect(of("lost").map(({ fault }) => fault.parts)).toEqual([parts]);
    expect(of("fault")).toEqual([]);
    expect(of("failure").map(({ id, fault }) => [id, fault.parts])).toEqual([[7, parts]]);
  });

  it("tells of it once where the loss is told first, and before the call that fails of it", async () => {
    const { of, calls, call, fail, become, tell, receive } = await openWorker();
    call();
    await turns();
    become("lost");
    tell();
    await turns();
    expect(of("lost")).toHaveLength(1);
    fail(abort);
    calls[0]?.(abort);
    receive({ kind: "open", session: 2, page: "none" });
    await turns();
    expect([of("lost").length, of("fault"), of("failure").length]).toEqual([1, [], 1]);
  });

  it.each([
    ["the library's", new DataError(parts), true],
    ["the browser's", new DOMException("no memory", "OperationError"), true],
    ["the library's, of the GPU", new DeviceError(parts), true],
    ["any", new Error("a mistake"), false],
  ])("shows what fails for another reason, and answers the call (%s error)", async (_, error, gpu) => {
    const { of, calls, call, fail } = await openWorker(gpu);
    call();
    await turns();
    fail(error);
    calls[0]?.(error);
    await turns();
    expect(of("lost")).toEqual([]);
    expect(of("fault").map(({ session, fault }) => [session, fault.message])).toEqual([[1, error.message]]);
    expect(of("failure").map(({ fault }) => fault.message)).toEqual([error.message]);
  });

  it.each(["no memory", "not valid", "no buffer"] as const)(
    "answers the call that fails on a GPU which lives, but cannot be asked (%s)",
    async (health) => {
      const { of, calls, call, become } = await openWorker();
      call();
      await turns();
      become(health);
      calls[0]?.(new DOMException("no memory", "OperationError"));
      await turns();
      expect(of("lost")).toEqual([]);
      expect(of("failure").map(({ fault }) => fault.message)).toEqual(["no memory"]);
    },
  );

  it("says what opens without a GPU, and that a page or a method is none", async () => {
    const { of, receive } = await openWorker(false);
    expect(of("backend").map(({ backend }) => backend.kind)).toEqual(["cpu"]);
    receive({ kind: "open", session: 2, page: "none" });
    receive({ kind: "call", session: 1, id: 3, method: "wrok", given: [] });
    await turns();
    expect(of("fault").map(({ session, fault }) => [session, fault.message])).toEqual([
      [2, 'worker: no session for the page "none"'],
    ]);
    expect(of("failure").map(({ id, fault }) => [id, fault.message])).toEqual([
      [3, 'worker: the session has no method "wrok"'],
    ]);
  });

  it("answers close once all is free, and tells no more of what was left", async () => {
    const { of, receive, ends, fail } = await openWorker();
    receive({ kind: "close", session: 1, id: 9 });
    await turns();
    fail(new Error("too late"));
    await turns();
    expect([of("result"), of("fault")]).toEqual([[], []]);
    ends[0]?.();
    await turns();
    expect(of("result").map(({ id }) => id)).toEqual([9]);
    receive({ kind: "close", session: 1, id: 10 });
    await turns();
    expect(of("result").map(({ id }) => id)).toEqual([9, 10]);
  });

  it("fails a call of a session that is closed, or never was", async () => {
    const { of, receive, ends, call } = await openWorker();
    receive({ kind: "close", session: 1, id: 9 });
    await turns();
    ends[0]?.();
    call();
    receive({ kind: "call", session: 3, id: 8, method: "work", given: [] });
    await turns();
    expect(of("result").map(({ id }) => id)).toEqual([9]);
    expect(of("failure").map(({ id, fault }) => [id, fault.message])).toEqual([
      [7, 'worker: no session is open for "work"'],
      [8, 'worker: no session is open for "work"'],
    ]);
  });
});
