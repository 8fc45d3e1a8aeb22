import { ChainruleError, DeviceError } from "../errors.ts";
import type { Device } from "./open.ts";

/** Longest time in ms between a failure and the word that the device is lost. */
const LOSS_DELAY = 100;

/** Rejects what waits on a device as soon as the device is lost or its user is disposed. */
export interface Guard {
  /** Settles as `work` does, or rejects with the DeviceError if that comes first. @throws DeviceError */
  wait<T>(work: Promise<T>): Promise<T>;
  /** @throws DeviceError if the device is lost or its user disposed */
  check(): void;
  /** Rejects all that waits, now and later. */
  close(): void;
}

/** @param where name of the user, for messages */
export function createGuard(device: Device, where: string): Guard {
  let ended: DeviceError | undefined;
  // Not Promise.race: each race would leave a reaction on `lost` for as long as the device lives.
  const waiting = new Set<(error: DeviceError) => void>();
  const end = (error: DeviceError) => {
    ended ??= error;
    for (const reject of waiting) reject(ended);
    waiting.clear();
  };
  void device.lost.then(end);
  // What fails because the device is lost may fail before the loss is known, with an error of the browser's own.
  const blame = async (cause: unknown, reject: (error: unknown) => void) => {
    const lost = await Promise.race([
      device.lost,
      new Promise<undefined>((resolve) => setTimeout(resolve, LOSS_DELAY)),
    ]);
    reject(lost ?? cause);
  };
  return {
    wait: <T>(work: Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        if (ended) {
          work.catch(() => {});
          reject(ended);
          return;
        }
        waiting.add(reject);
        work
          .then(resolve, (cause: unknown) => (cause instanceof ChainruleError ? reject(cause) : blame(cause, reject)))
          .finally(() => waiting.delete(reject));
      }),
    check() {
      if (ended) throw ended;
    },
    close: () =>
      end(
        new DeviceError({
          where,
          got: "a call after dispose()",
          expected: `a ${where} that is in use`,
          remedy: `make a new ${where}`,
        }),
      ),
  };
}
