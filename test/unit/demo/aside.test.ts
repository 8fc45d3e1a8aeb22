import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { aside } from "../../../demo/src/aside.ts";
import { transferables } from "../../../demo/src/worker/protocol.ts";
import { type AsideAnswer, type AsideCall, serve } from "../../../demo/src/worker/serve.ts";
import { DataError } from "../../../src/index.ts";
import { FakeCanvas } from "./canvas.ts";

beforeEach(() => {
  for (const name of ["OffscreenCanvas", "ImageBitmap"]) vi.stubGlobal(name, FakeCanvas);
});
afterEach(() => void vi.unstubAllGlobals());

type Methods = { add(a: number, b: number): Promise<number>; fail(): Promise<never>; hang(): Promise<never> };

/** A worker that runs here, and the page's side of it. */
function start() {
  const scope: Parameters<typeof serve>[1] = {
    onmessage: null,
    onmessageerror: null,
    postMessage: (data: AsideAnswer) => queueMicrotask(() => worker.onmessage?.({ data } as MessageEvent)),
  };
  serve(
    {
      add: (a: number, b: number) => a + b,
      fail() {
        throw new DataError({ where: "w", got: "g", expected: "e", remedy: "r", line: 3, column: 2 });
      },
      hang: () => new Promise(() => {}),
    },
    scope,
  );
  const terminate = vi.fn();
  const worker = {
    onmessage: null as ((event: MessageEvent<AsideAnswer>) => void) | null,
    onerror: null as ((event: { message?: string }) => void) | null,
    onmessageerror: null as (() => void) | null,
    postMessage: (data: AsideCall) => scope.onmessage?.({ data } as MessageEvent),
    terminate,
  };
  return { worker, scope, terminate, ...aside<Methods>(worker as unknown as Worker) };
}

it("a worker aside answers each call, and an error keeps its parts", async () => {
  const { call } = start();
  expect(await Promise.all([call.add(1, 2), call.add(3, 4)])).toEqual([3, 7]);
  await expect(call.fail()).rejects.toMatchObject({ name: "DataError", fault: { parts: { got: "g" }, line: 3 } });
});

it("a worker aside is ended amid its work: what waits for it and what comes later is refused", async () => {
  const { call, end, terminate } = start();
  const hanging = call.hang();
  end();
  await expect(hanging).rejects.toMatchObject({ name: "AbortError" });
  await expect(call.add(1, 2)).rejects.toMatchObject({ name: "AbortError" });
  expect(terminate).toHaveBeenCalled();
});

it("a worker aside that does not load refuses what waits for it, with what the browser says", async () => {
  const { call, worker } = start();
  const hanging = call.hang();
  worker.onerror?.({ message: "no such file" });
  await expect(hanging).rejects.toThrow("no such file");
  const other = start();
  const waiting = other.call.hang();
  // Of a script that does not load browsers say nothing.
  other.worker.onerror?.({});
  await expect(waiting).rejects.toThrow("A worker of this page did not load.");
});

it("a worker aside whose answer cannot be read is ended, and refuses what waits for it and what comes later", async () => {
  const { call, worker, terminate } = start();
  const hanging = call.hang();
  expect(worker.onmessageerror).not.toBeNull();
  worker.onmessageerror?.();
  await expect(hanging).rejects.toThrow("could not be read");
  await expect(call.add(1, 2)).rejects.toThrow("could not be read");
  expect(terminate).toHaveBeenCalled();
});

it("a worker aside tells of a call that it cannot read as of an error of its own", () => {
  const { scope } = start();
  expect(() => scope.onmessageerror?.()).toThrow("A call could not be read.");
});

it("a buffer that is named by itself moves, and an array is copied", () => {
  const [moved, copied] = [new Float32Array(2), new Float32Array(2)];
  expect(transferables([{ moved, buffers: [moved.buffer], copied }])).toEqual([moved.buffer]);
});
