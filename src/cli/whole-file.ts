import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../errors.ts";
import { fileError } from "./files.ts";
import { placeWhole } from "./place.ts";

/** Files in folders of the program's own, where anybody may have put other things. */

/** Of what a write that was cut short leaves behind; the number is that of its process. */
const cutShort = /\.(\d+)\.[0-9a-f-]{36}\.tmp$/;

/**
 * What a file holds. Follows no link, and waits for nobody: a pipe is refused, and no more is read of what has no end.
 * @param most bytes
 * @returns undefined where there is none
 * @throws DataError
 */
export function readPlain(path: string, most: number): Buffer | undefined {
  const expected = `a file of at most ${most} bytes`;
  const remedy = "remove it";
  const refuse = (got: string): never => {
    throw new DataError({ where: path, got, expected, remedy });
  };
  let file: number;
  try {
    // Windows has neither of the last two: undefined there, they count as 0.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    return code === "ELOOP" ? refuse("a link") : refuse(fileError(path, error, expected, remedy).got);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) refuse("something that is no file");
    const content = Buffer.allocUnsafe(Math.min(stat.size, most) + 1);
    const length = readSync(file, content);
    return length > most ? refuse("more") : content.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** As `placeWhole`, in a folder of the program's own. */
export function placeOwn(path: string, content: Uint8Array | string, mode = 0o600): void {
  for (let attempt = 1; ; attempt++) {
    try {
      placeWhole(path, [content], { mode });
      return;
    } catch (error) {
      // A process of another machine or container does not see this one, and may have taken it for one that has ended.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 3) throw error;
    }
  }
}

/** Removes what `placeWhole` left in processes that have ended. */
export function removeCutShort(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(cutShort.exec(name)?.[1]);
    // This one writes nothing now: what has its number is of one before, as in containers, where all have the same.
    if (!(pid > 0) || (pid !== process.pid && isAlive(pid))) continue;
    try {
      unlinkSync(join(folder, name));
    } catch {
      // Another process was first, or it is nothing that we left.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // That of another user is not to be signalled.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
