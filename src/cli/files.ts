import { randomUUID } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, sep } from "node:path";
import { readCsv, type Table } from "../data/csv.ts";
import { decodeText } from "../data/text.ts";
import { DataError } from "../errors.ts";

/** Reads a CSV file. @throws DataError */
export function readTable(path: string): Table {
  return readCsv(decodeText(readBytes(path), path), path);
}

/** Reads a file. @throws DataError */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(path, error, "a file that can be read", "check the path");
  }
}

/**
 * Whether a file can be written at `path`, before work is spent on what is to go there.
 * @param inputs files that are read and must not be written over
 * @throws DataError
 */
export function checkWritable(path: string, inputs: readonly string[]): void {
  if (path === "") {
    throw new DataError({
      where: "--out",
      got: "an empty path",
      expected: "a file that can be written",
      remedy: "give the path of a file",
    });
  }
  const same = inputs.find((input) => kindOf(path) === "file" && realpathSync(path) === realpathSync(input));
  if (same !== undefined) {
    throw new DataError({
      where: path,
      got: `the path of ${same}, which is read`,
      expected: "a file of its own",
      remedy: "give another path with --out",
    });
  }
  try {
    const present = kindOf(path);
    // A path that ends so names a folder, be it there or not.
    if (present === "folder" || path.endsWith("/") || path.endsWith(sep))
      throw Object.assign(new Error(), { code: "EISDIR" });
    accessSync(present === "none" || present === "file" ? dirname(path) : path, constants.W_OK);
  } catch (error) {
    throw fileError(path, error, "a file that can be written", "give another path, or make its folder");
  }
}

/**
 * Writes a whole file or none: into a new file beside it, which then takes its place.
 * In one go, so that no signal's handler runs in between.
 * @throws DataError
 */
export function writeWhole(path: string, content: Uint8Array | string): void {
  try {
    const kind = kindOf(path);
    // Nothing to replace where it is such as /dev/stdout.
    if (kind === "other") writeFileSync(path, content);
    else replace(kind === "file" ? realpathSync(path) : path, content);
  } catch (error) {
    throw fileError(path, error, "a file that can be written", "give another path, or make its folder");
  }
}

/**
 * As `writeWhole`, for what was long in the making: where it cannot be written there, it is in a new folder among the
 * system's temporary files, and the error names its path.
 * @throws DataError
 */
export function writeOrRescue(path: string, content: Uint8Array): void {
  try {
    writeWhole(path, content);
  } catch (error) {
    throw error instanceof DataError ? rescued(error, basename(path), content) : error;
  }
}

function rescued(error: DataError, name: string, content: Uint8Array): DataError {
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
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.tmp`);
  try {
    const file = openSync(temporary, "wx");
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
  ENOSPC: "a full disk",
  EROFS: "a file system that is read-only",
  ERR_FS_FILE_TOO_LARGE: "a file of more than 2 GiB",
};

/** @param path the file, or the name of a stream */
export function fileError(path: string, cause: unknown, expected: string, remedy: string): DataError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return new DataError({ where: path, got: reasons[code] ?? message, expected, remedy }, { cause });
}
