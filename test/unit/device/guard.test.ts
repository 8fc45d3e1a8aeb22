import { beforeAll, describe, expect, it, vi } from "vitest";
import { createGuard } from "../../../src/device/guard.ts";
import type { Device } from "../../../src/device/open.ts";
import { DataError, DeviceError } from "../../../src/errors.ts";
import { failingGpu } from "../../helpers/failing-gpu.ts";
import { turns } from "../../helpers/turns.ts";

const parts = { where: "GPU", got: "a lost device", expected: "one that works", remedy: "open it again" };

/** A device that is lost, and told to be, when the test says so. */
function fakeDevice() {
  const loss = new DeviceError(parts);
  let tell = () => {};
  const lost = new Promise<DeviceError>((resolve) => {
    tell = () => resolve(loss);
  });
  const { gpu, ...rest } = failingGpu();
  const device = { gpu, lost } as Device;
  return { device, loss, tell: () => tell(), ...rest };
}

beforeAll(() => {
  vi.stubGlobal("GPUBufferUsage", { MAP_READ: 1 });
  vi.stubGlobal("GPUMapMode", { READ: 1 });
  return () => vi.unstubAllGlobals();
});

describe("a guard", () => {
  const errors = [
    ["an error of the browser's", new DOMException("Buffer was unmapped before mapping was resolved.", "AbortError")],
    ["an error of the browser's that a device that works gives too", new DOMException("", "OperationError")],
    ["an error of the library's that came of it", new DeviceError({ ...parts, got: "a shader that does not compile" })],
  ] as const;
  it.each(
    (["lost", "lost, which scopes say by rejecting"] as const).flatMap((health) =>
      errors.map(([name, error]) => ({ name, error, health })),
    ),
  )("blames $name on a loss that is told later (a GPU that is $health)", async ({ error, health }) => {
    const { device, loss, tell, become, made } = fakeDevice();
    become(health);
    const settled = vi.fn();
    const wait = createGuard(device, "trainer").wait(Promise.reject(error)).catch(settled);
    await made;
    await turns();
    expect(settled).not.toHaveBeenCalled();
    tell();
    await wait;
    expect(settled.mock.calls).toEqual([[loss]]);
  });

  it("blames what fails on a loss that was told before, and rejects what has not failed yet", async () => {
    const { device, loss, tell, become } = fakeDevice();
    const guard = createGuard(device, "trainer");
    let fail = (_: unknown) => {};
    const failing = guard.wait(new Promise((_, reject) => (fail = reject)));
    const endless = guard.wait(new Promise(() => {}));
    become("lost");
    tell();
    await expect(failing).rejects.toBe(loss);
    await expect(endless).rejects.toBe(loss);
    fail(new DOMException("", "AbortError"));
    await expect(guard.wait(Promise.reject(new Error("late")))).rejects.toBe(loss);
    expect(() => guard.check()).toThrow(loss);
    await turns();
  });

  it.each(["works", "no memory", "not valid", "no buffer"] as const)(
    "gives an error as it is where the device lives, and keeps no buffer and no scope (what asks it: %s)",
    async (health) => {
      const { device, become, left } = fakeDevice();
      become(health);
      const made = health === "no buffer" ? 0 : 1;
      const error = new DOMException("", "OperationError");
      await expect(createGuard(device, "trainer").wait(Promise.reject(error))).rejects.toBe(error);
      expect(left()).toEqual({ made, destroyed: made, scopes: 0 });
    },
  );

  it("gives the library's own error about what it was given as it is, and asks no device", async () => {
    const { device, left } = fakeDevice();
    const error = new DataError(parts);
    await expect(createGuard(device, "trainer").wait(Promise.reject(error))).rejects.toBe(error);
    expect(left().made).toBe(0);
  });

  it("rejects with its own error what waits when it is closed, a failure whose reason is not known yet too", async () => {
    const { device, become, made } = fakeDevice();
    become("lost");
    const guard = createGuard(device, "trainer");
    const [failed, endless] = [guard.wait(Promise.reject(new Error("AbortError"))), guard.wait(new Promise(() => {}))];
    await made;
    await turns();
    guard.close();
    await expect(failed).rejects.toThrow("a call after dispose()");
    await expect(endless).rejects.toThrow("a call after dispose()");
  });

  it("keeps to the first end: one that is closed after a loss tells of the loss, and the other way round", async () => {
    const { device, loss, tell } = fakeDevice();
    const [lost, closed] = [createGuard(device, "trainer"), createGuard(device, "trainer")];
    closed.close();
    tell();
    await turns();
    lost.close();
    expect(() => lost.check()).toThrow(loss);
    expect(() => closed.check()).toThrow("a call after dispose()");
  });

  it("leaves nothing on its device once it is closed", async () => {
    const { device, loss, tell } = fakeDevice();
    const reactions = vi.spyOn(device.lost, "then");
    for (let i = 0; i < 100; i++) createGuard(device, "trainer").close();
    expect(reactions).toHaveBeenCalledTimes(1);
    tell();
    await turns();
    // One that comes after the loss is told of it too.
    await expect(createGuard(device, "trainer").wait(new Promise(() => {}))).rejects.toBe(loss);
  });
});
