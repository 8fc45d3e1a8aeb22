import { afterEach, beforeEach, expect, it, vi } from "vitest";

class FakeWorker {
  postMessage(): void {}
}

beforeEach(() => void vi.stubGlobal("Worker", FakeWorker));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.resetModules();
});

const load = async () => ({
  ...(await import("../../../demo/src/adapter.ts")),
  ...(await import("../../../demo/src/client.ts")),
});

it("the page is shown a second after an adapter was asked for that never answers, as if one were to come", async () => {
  const { askForAdapter, backend } = await load();
  vi.useFakeTimers();
  const shown = vi.fn();
  const asked = askForAdapter({ requestAdapter: () => new Promise(() => {}) }).then(shown);
  await vi.advanceTimersByTimeAsync(999);
  expect(shown).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(shown).toHaveBeenCalled();
  await asked;
  expect(backend.value).toBeUndefined();
});

it.each([
  ["no adapter", { requestAdapter: async () => null }],
  ["a refusal", { requestAdapter: () => Promise.reject(new DOMException("It is closing.", "InvalidStateError")) }],
])("the page knows from the first that the CPU trains where the answer is %s", async (_, gpu) => {
  const { askForAdapter, backend } = await load();
  vi.useFakeTimers();
  await askForAdapter(gpu);
  expect(backend.value).toMatchObject({ kind: "cpu" });
});
