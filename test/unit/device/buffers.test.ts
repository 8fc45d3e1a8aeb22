import { beforeAll, describe, expect, it, vi } from "vitest";
import { makeBuffers } from "../../../src/device/buffers.ts";
import { DeviceError } from "../../../src/errors.ts";

/** As much of a GPU as makes buffers, with a fault of one kind of which a scope tells, if any. */
function fakeGpu(faults: Partial<Record<GPUErrorFilter, string>> = {}) {
  const scopes: GPUErrorFilter[] = [];
  const buffers: { label: string; size: number; usage: number; alive: boolean }[] = [];
  const gpu = {
    limits: { maxBufferSize: 1024 },
    pushErrorScope: (filter: GPUErrorFilter) => scopes.push(filter),
    popErrorScope: async () => {
      const message = faults[scopes.pop() as GPUErrorFilter];
      return message === undefined ? null : { message };
    },
    createBuffer: ({ label, size, usage }: GPUBufferDescriptor) => {
      const made = { label: label ?? "", size, usage, alive: true };
      buffers.push(made);
      return { label, size, destroy: () => (made.alive = false) };
    },
  } as object;
  return { gpu: gpu as GPUDevice, scopes, buffers };
}

beforeAll(() => {
  vi.stubGlobal("GPUBufferUsage", { STORAGE: 128, COPY_DST: 8 });
  return () => vi.unstubAllGlobals();
});

const wanted = { W1: { size: 16, usage: 136 }, b1: { size: 8, usage: 8 } };

describe("makeBuffers", () => {
  it("gives buffers by name, each with its size, usage and label", async () => {
    const { gpu, scopes, buffers } = fakeGpu();
    const { W1, b1 } = await makeBuffers(gpu, "chainrule.predictor", wanted);
    expect([W1.size, b1.size]).toEqual([16, 8]);
    expect(buffers).toEqual([
      { label: "chainrule.predictor.W1", size: 16, usage: 136, alive: true },
      { label: "chainrule.predictor.b1", size: 8, usage: 8, alive: true },
    ]);
    expect(scopes).toEqual([]);
  });

  it.each([
    [{ "out-of-memory": "" }, "chainrule.predictor: got out of memory, expected objects that fit the device; take a"],
    [
      { validation: "no such usage" },
      "chainrule.predictor: got no such usage, expected objects that fit the device; take",
    ],
  ])("frees all of them where one has no room or is not valid: %j", async (faults, message) => {
    const { gpu, scopes, buffers } = fakeGpu(faults);
    const error = await makeBuffers(gpu, "chainrule.predictor", wanted).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DeviceError);
    expect((error as DeviceError).message).toContain(message);
    expect(buffers.map(({ alive }) => alive)).toEqual([false, false]);
    expect(scopes).toEqual([]);
  });

  it("names the buffer that is larger than the device permits", async () => {
    const { gpu } = fakeGpu({ validation: "Buffer size (2048) exceeds the max buffer size limit (1024)." });
    const large = { ...wanted, W2: { size: 2048, usage: 8 } };
    await expect(makeBuffers(gpu, "chainrule.predictor", large)).rejects.toThrow(
      "chainrule.predictor.W2: got 2.0 KiB, expected at most 1.0 KiB, the largest buffer of this device; take a smaller " +
        "network or fewer rows, or open the device with the adapter's limits.",
    );
  });
});
