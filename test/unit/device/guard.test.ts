import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGuard } from "../../../src/device/guard.ts";
import type { Device } from "../../../src/device/open.ts";
import { DataError, DeviceError } from "../../../src/errors.ts";

const parts = { where: "GPU", got: "a lost device", expected: "one that works", remedy: "open it again" };
const later = <T>(value: T, time: number) => new Promise<T>((resolve) => setTimeout(() => resolve(value), time));
const guardOf = (lost: Promise<DeviceError>) => createGuard({ lost } as Device, "trainer");

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a guard", () => {
  it("blames what fails on a loss that is heard of a moment later", async () => {
    const loss = new DeviceError(parts);
    const wait = guardOf(later(loss, 50)).wait(Promise.reject(new Error("AbortError")));
    await Promise.all([expect(wait).rejects.toBe(loss), vi.runAllTimersAsync()]);
  });

  it("leaves an error of the library's own as it is, at once", async () => {
    const error = new DataError(parts);
    const wait = guardOf(later(new DeviceError(parts), 50)).wait(Promise.reject(error));
    await Promise.all([expect(wait).rejects.toBe(error), vi.runAllTimersAsync()]);
  });

  it("gives the browser's own error where no loss is heard of", async () => {
    const error = new Error("AbortError");
    const wait = guardOf(new Promise(() => {})).wait(Promise.reject(error));
    await Promise.all([expect(wait).rejects.toBe(error), vi.runAllTimersAsync()]);
  });
});
