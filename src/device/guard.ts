import { afterDispose, type DeviceError } from "../errors.ts";
import type { Device } from "./open.ts";
import { refusals } from "./refused.ts";

/** Rejects what waits on a device as soon as the device is lost or its user is disposed. */
export interface Guard {
  /**
   * Settles as `work` does, or rejects with the DeviceError if that comes first.
   * @param free is given what comes of the work after that, when nobody waits for it any more
   * @throws DeviceError
   */
  wait<T>(work: Promise<T>, free?: (late: T) => void): Promise<T>;
  /** @throws DeviceError if the device is lost or its user disposed */
  check(): void;
  /** Rejects all that waits, now and later. */
  close(): void;
}

/** What ends with each device, by its `lost`: one reaction to that, however many users come and go. */
const users = new WeakMap<Device["lost"], Set<(error: DeviceError) => void>>();

/** Apart from `createGuard`, since a reaction lives as long as the device, and with it all that the function around it knows. */
function usersOf(lost: Device["lost"]) {
  const found = users.get(lost);
  if (found) return found;
  const ends = new Set<(error: DeviceError) => void>();
  users.set(lost, ends);
  // Who comes later has a reaction anew, which is told at once.
  void lost.then((error) => {
    users.delete(lost);
    for (const one of ends) one(error);
  });
  return ends;
}

/** @param where name of the user, for messages */
export function createGuard(device: Device, where: string): Guard {
  const ends = usersOf(device.lost);
  let ended: DeviceError | undefined;
  // Not Promise.race: each race would leave a reaction on `lost` for as long as the device lives.
  const waiting = new Set<(error: unknown) => void>();
  const end = (error: DeviceError) => {
    ended ??= error;
    for (const reject of waiting) reject(ended);
    waiting.clear();
    ends.delete(end);
  };
  ends.add(end);
  // Loaded by what fails only. Where it cannot be, the failure stands as it is.
  const blame = async (cause: unknown): Promise<never> => {
    throw await refusals().then(
      ({ reasonOf }) => reasonOf(device, cause),
      () => cause,
    );
  };
  return {
    wait: <T>(work: Promise<T>, free?: (late: T) => void) =>
      new Promise<T>((resolve, reject) => {
        if (ended) reject(ended);
        waiting.add(reject);
        work
          .catch(blame)
          .then((made) => {
            if (ended) free?.(made);
            resolve(made);
          }, reject)
          .finally(() => waiting.delete(reject));
      }),
    check() {
      if (ended) throw ended;
    },
    close: () => end(afterDispose(where)),
  };
}
