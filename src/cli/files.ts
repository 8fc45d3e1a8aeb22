import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  mkdtempSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { setTimeout } from "node:timers/promises";
import { DataError } from "../errors.ts";
import { type Pieces, placeWhole } from "./place.ts";

/**
 * Where a path leads from a folder. Not normalized, since `..` after a link is another place then.
 * @param folder the process's own if left out
 */
export const from = (folder: string | undefined, path: string): string =>
  folder === undefined || isAbsolute(path) ? path : `${folder}${sep}${path}`;

/** Where something is to be written. */
export interface Target {
  readonly path: string;
  /** That the path leads from. */
  readonly folder?: string | undefined;
  /** Whether a file that is there may be replaced, whatever it is. */
  readonly force?: boolean | undefined;
  /** Tells a file that may be replaced without that: one of the command's own. */
  readonly isOwn?: (file: string) => boolean;
}

/**
 * Sees before work is spent on what is to go there that a file can be written, and none is lost by it.
 * @param inputs files that are read and must not be written over
 * @returns whether there is a file that will be replaced
 * @throws DataError
 */
export function checkWritable(target: Target, inputs: readonly string[]): boolean {
  const { path, folder } = target;
  if (path === "") {
    throw new DataError({
      where: "--out",
      got: "an empty path",
      expected: "a file that can be written",
      remedy: "give the path of a file",
    });
  }
  const file = toWrite(path, () => {
    const place = from(folder, path);
    // A path that ends so names a folder, be it there or not.
    if (kindOf(place) === "folder" || path.endsWith("/") || path.endsWith(sep))
      throw Object.assign(new Error(), { code: "EISDIR" });
    const end = fileAt(place);
    accessSync(end === undefined ? place : dirname(end), constants.W_OK);
    return end;
  });
  const same = inputs.find((input) => file !== undefined && file === realPath(from(folder, input)));
  if (same !== undefined) {
    throw new DataError({
      where: path,
      got: `the path of ${same}, which is read`,
      expected: "a file of its own",
      remedy: "give another path with --out",
    });
  }
  return file !== undefined && holdsSomething(file, target);
}

/** Whether there is a file, and more in it than nothing. @throws DataError where it is not to be replaced */
function holdsSomething(file: string, { path, force, isOwn }: Target): boolean {
  if (!statSync(file, { throwIfNoEntry: false })?.size) return false;
  if (force || isOwn?.(file)) return true;
  throw new DataError({
    where: path,
    got: `a file that is there already${isOwn ? ", and no model that train wrote" : ""}`,
    expected: "the path of a new file",
    remedy: "give another path with --out, or add --force to replace the file",
  });
}

/** What goes on while a pipe or a device is written to. */
export interface Waiting {
  /** Ends the wait for a reader; left out where a signal ends the process. */
  readonly signal?: AbortSignal;
  /** Is called once where there is no reader yet. */
  onWait(): void;
}

function toWrite<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw notWritten(path, error);
  }
}

const notWritten = (path: string, error: unknown): DataError =>
  fileError(path, error, "a file that can be written", "give another path, or make its folder");

/**
 * Writes a whole file or none, and none where one has come to be there that is not to be replaced. A pipe or a device is written to
 * as fast as it is read: what nobody reads blocks nothing but this, until the signal.
 * @throws DataError
 */
export async function writeTo(target: Target, pieces: Pieces, waiting?: Waiting): Promise<void> {
  const { path, folder } = target;
  try {
    const place = from(folder, path);
    const file = fileAt(place);
    if (file === undefined) return await pour(place, pieces, waiting);
    const mode = (statSync(file, { throwIfNoEntry: false })?.mode ?? 0o666) & 0o777;
    placeWhole(file, pieces, { mode, check: () => holdsSomething(file, target) });
  } catch (error) {
    throw error instanceof DataError ? error : notWritten(path, error);
  }
}

/**
 * As `writeTo`, for what was long in the making: where it cannot be written there, it is in a new folder among the
 * system's temporary files, and the error names its path.
 * @param name of the file there; not the one in `path`, which may be what is wrong
 * @throws DataError
 */
export async function writeOrRescue(
  target: Target,
  content: Uint8Array,
  name: string,
  waiting?: Waiting,
): Promise<void> {
  try {
    await writeTo(target, [content], waiting);
  } catch (error) {
    throw error instanceof DataError ? rescued(error, name, content) : error;
  }
}

function rescued(error: DataError, name: string, content: Uint8Array): DataError {
  const { where, got, expected } = error;
  try {
    const file = join(mkdtempSync(join(tmpdir(), "chainrule-")), name);
    placeWhole(file, [content]);
    return new DataError({ where, got, expected, remedy: `move ${file}, where it is now` }, { cause: error });
  } catch {
    // Nowhere to put it: what is wrong with the first place is what to say.
    return error;
  }
}

/** Time in ms between two looks whether what is written to is read again. */
const PAUSE = 20;

async function pour(place: string, pieces: Pieces, waiting: Waiting | undefined): Promise<void> {
  let told = false;
  /** Does what may have to wait for a reader. */
  const patiently = async <T>(work: () => T): Promise<T> => {
    for (;;) {
      try {
        return work();
      } catch (error) {
        // No reader yet, or one that has enough for now.
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "ENXIO" && code !== "EAGAIN") throw error;
        if (code === "ENXIO" && !told) waiting?.onWait();
        told = true;
      }
      await setTimeout(PAUSE, undefined, waiting?.signal && { signal: waiting.signal });
    }
  };
  // At the end, since what /dev/stdout leads to may be a file that holds something.
  const flags = constants.O_WRONLY | constants.O_APPEND | (constants.O_NONBLOCK ?? 0);
  const file = await patiently(() => openSync(place, flags));
  try {
    for (const piece of pieces) {
      for (let rest = typeof piece === "string" ? Buffer.from(piece) : piece; rest.length > 0; ) {
        rest = rest.subarray(await patiently(() => writeSync(file, rest)));
      }
    }
  } finally {
    closeSync(file);
  }
}

/**
 * The file that a path names where all its links end, be it there or not; undefined where there is none to replace, such
 * as at /dev/stdout.
 */
function fileAt(path: string): string | undefined {
  const kind = kindOf(path);
  if (kind === "folder" || kind === "other") return undefined;
  const file = join(realpathSync(dirname(path)), basename(path));
  // A file that is open, such as the one behind /dev/stdout: to be written on, by whoever opened it.
  if (/^\/(proc|dev\/fd)\//.test(file)) return undefined;
  // Only links that end come here: of others the kind is not to be had.
  if (!lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) return file;
  return fileAt(resolve(dirname(file), readlinkSync(file)));
}

/** Where a file lies; undefined where that is not to be had, as of one that was deleted after it was read. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function kindOf(path: string): "none" | "file" | "folder" | "other" {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return "none";
  if (stat.isSocket()) throw Object.assign(new Error(), { code: "ESOCK" });
  return stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other";
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "no permission",
  EPERM: "no permission",
  EISDIR: "a folder",
  ENOTDIR: "a path through something that is no folder",
  ESOCK: "a socket",
  EPIPE: "a reader that went away",
  ABORT_ERR: "an end by a signal while nobody read it",
  ELOOP: "links that lead in a circle",
  ENAMETOOLONG: "too long a name",
  ENOSPC: "a full disk",
  EROFS: "a file system that is read-only",
  ERR_FS_FILE_TOO_LARGE: "a file of more than 2 GiB",
};

/** @param path the file, or the name of a stream */
export function fileError(path: string, cause: unknown, expected: string, remedy: string): DataError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return new DataError({ where: path, got: reasons[code] ?? message, expected, remedy }, { cause });
}
