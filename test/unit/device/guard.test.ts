import { beforeAll, describe, expect, it, vi } from "vitest";
import { createGuard } from "../../../src/device/guard.ts";
import type { Device } from "../../../src/device/open.ts";
import { DataError, DeviceError } from "../../../src/errors.ts";
import { turns } from "../../helpers/turns.ts";

const parts = { where: "GPU", got: "a lost device", expected: "one that works", remedy: "open it again" };

/** A device that is lost, and told to be, when the test says so. */
function fakeDevice() {
  const loss = new DeviceError(parts);
  let works = true;
  let tell = () => {};
  const lost = new Promise<DeviceError>((resolve) => {
    tell = () => resolve(loss);
  });
  const buffers = { made: 0, destroyed: 0 };
  const createBuffer = () => {
    buffers.made += 1;
    const mapAsync = () => (works ? Promise.resolve() : Promise.reject(new DOMException("", "AbortError")));
    return { mapAsync, destroy: () => (buffers.destroyed += 1) };
  };
  const device = { gpu: { createBuffer } as object, lost } as Device;
  return { device, loss, buffers, tell: () => tell(), lose: () => (works = false) };
}

beforeAll(() => {
  vi.stubGlobal("GPUBufferUsage", { MAP_READ: 1 });
  vi.stubGlobal("GPUMapMode", { READ: 1 });
  return () => vi.unstubAllGlobals();
});

describe("a guard", () => {
  it.each([
    ["an error of the browser's", new DOMException("Buffer was unmapped before mapping was resolved.", "AbortError")],
    ["an error of the browser's that a device that works gives too", new DOMException("", "OperationError")],
    ["an error of the library's that came of it", new DeviceError({ ...parts, got: "a shader that does not compile" })],
  ])("blames %s on a loss that is told later", async (_, error) => {
    const { device, loss, tell, lose } = fakeDevice();
    lose();
    const settled = vi.fn();
    const wait = createGuard(device, "trainer").wait(Promise.reject(error)).catch(settled);
    await turns();
    expect(settled).not.toHaveBeenCalled();
    tell();
    await wait;
    expect(settled.mock.calls).toEqual([[loss]]);
  });

  it("blames what fails on a loss that was told before, and rejects what has not failed yet", async () => {
    const { device, loss, tell, lose } = fakeDevice();
    const guard = createGuard(device, "trainer");
    let fail = (_: unknown) => {};
    const failing = guard.wait(new Promise((_, reject) => (fail = reject)));
    const endless = guard.wait(new Promise(() => {}));
    lose();
    tell();
    await expect(failing).rejects.toBe(loss);
    await expect(endless).rejects.toBe(loss);
    fail(new DOMException("", "AbortError"));
    await expect(guard.wait(Promise.reject(new Error("late")))).rejects.toBe(loss);
    expect(() => guard.check()).toThrow(loss);
    await turns();
  });

  it.each([
    ["the library's own", new DataError(parts)],
    ["the browser's own", new DOMException("", "OperationError")],
  ])("gives %s error as it is where the device works, and keeps no buffer", async (_, error) => {
    const { device, buffers } = fakeDevice();
    await expect(createGuard(device, "trainer").wait(Promise.reject(error))).rejects.toBe(error);
    expect(buffers).toEqual({ made: 1, destroyed: 1 });
  });

  it("rejects with its own error what waits when it is closed, a failure whose reason is not known yet too", async () => {
    const { device, lose } = fakeDevice();
    lose();
    const guard = createGuard(device, "trainer");
    const [failed, endless] = [guard.wait(Promise.reject(new Error("AbortError"))), guard.wait(new Promise(() => {}))];
    await turns();
    guard.close();
    await expect(failed).rejects.toThrow("a call after dispose()");
    await expect(endless).rejects.toThrow("a call after dispose()");
  });
});
