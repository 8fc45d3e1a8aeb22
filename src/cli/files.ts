import { randomUUID } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { readCsv, type Table } from "../data/csv.ts";
import { decodeText } from "../data/text.ts";
import { DataError } from "../errors.ts";

/**
 * Where a path leads from a folder. Not normalized, since `..` after a link is another place then.
 * @param folder the process's own if left out
 */
const from = (folder: string | undefined, path: string): string =>
  folder === undefined || isAbsolute(path) ? path : `${folder}${sep}${path}`;

/** Reads a CSV file. @param folder that the path leads from @throws DataError */
export function readTable(path: string, folder?: string): Table {
  return readCsv(decodeText(readBytes(path, folder), path), path);
}

/** Reads a file. @param folder that the path leads from @throws DataError */
export function readBytes(path: string, folder?: string): Uint8Array {
  try {
    return readFileSync(from(folder, path));
  } catch (error) {
    throw fileError(path, error, "a file that can be read", "check the path");
  }
}

/**
 * Whether a file can be written at `path`, before work is spent on what is to go there.
 * @param inputs files that are read and must not be written over
 * @param folder that the paths lead from
 * @throws DataError
 */
export function checkWritable(path: string, inputs: readonly string[], folder?: string): void {
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
}

/**
 * Writes a whole file or none: into a new file beside it, which then takes its place.
 * In one go, so that no signal's handler runs in between.
 * @param folder that the path leads from
 * @throws DataError
 */
export function writeWhole(path: string, content: Uint8Array | string, folder?: string): void {
  toWrite(path, () => {
    const place = from(folder, path);
    const file = fileAt(place);
    // At the end, since what /dev/stdout leads to may be a file that holds something.
    if (file === undefined) writeFileSync(place, content, { flag: "a" });
    else replace(file, content);
  });
}

function toWrite<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileError(path, error, "a file that can be written", "give another path, or make its folder");
  }
}

/**
 * As `writeWhole`, for what was long in the making: where it cannot be written there, it is in a new folder among the
 * system's temporary files, and the error names its path.
 * @param name of the file there; not the one in `path`, which may be what is wrong
 * @param folder that the path leads from
 * @throws DataError
 */
export function writeOrRescue(path: string, content: Uint8Array | string, name: string, folder?: string): void {
  try {
    writeWhole(path, content, folder);
  } catch (error) {
    throw error instanceof DataError ? rescued(error, name, content) : error;
  }
}

function rescued(error: DataError, name: string, content: Uint8Array | string): DataError {
  const { where, got, expected } = error;
  try {
    const file = join(mkdtempSync(join(tmpdir(), "chainrule-")), name);
    writeWhole(file, content);
    return new DataError({ where, got, expected, remedy: `move ${file}, where it is now` }, { cause: error });
  } catch {
    // Nowhere to put it: what is wrong with the first place is what to say.
    return error;
  }
}

function replace(target: string, content: Uint8Array | string): void {
  const present = statSync(target, { throwIfNoEntry: false });
  // Without the target's name, which may be as long as a name can be.
  const temporary = join(dirname(target), `.${randomUUID()}.tmp`);
  try {
    const file = openSync(temporary, "wx", present && present.mode & 0o777);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
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
  return stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other";
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "no permission",
  EPERM: "no permission",
  EISDIR: "a folder",
  ENOTDIR: "a path through something that is no folder",
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
