import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { readCsv, type Table } from "../data/csv.ts";
import { descriptionKey } from "../data/description.ts";
import { metadataIn, mostHeaderBytes } from "../data/safetensors.ts";
import { decodeText } from "../data/text.ts";
import { DataError } from "../errors.ts";
import { fileError, from } from "./files.ts";

/** Reads a CSV file. @param folder that the path leads from @throws DataError */
export function readTable(path: string, folder?: string): Table {
  return readCsv(decodeText(readBytes(path, folder), path), path);
}

/** Most MiB that are read of what tells no size, such as a pipe or a device, and may have no end. */
const MOST = 512;

/** Reads a file, or what else a path names. @param folder that the path leads from @throws DataError */
export function readBytes(path: string, folder?: string): Uint8Array {
  try {
    const file = openSync(from(folder, path), "r");
    try {
      const stat = fstatSync(file);
      return stat.isFile() && stat.size > 0 ? readFileSync(file) : readSome(file, path);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw fileError(path, error, "a file that can be read", "check the path");
  }
}

/** Into one buffer that grows, so that what is held follows what came, however little each read brings. */
function readSome(file: number, path: string): Uint8Array {
  const most = MOST * 2 ** 20;
  let bytes = new Uint8Array(2 ** 16);
  for (let length = 0; length <= most; ) {
    if (length === bytes.length) {
      const grown = new Uint8Array(Math.min(2 * length, most + 1));
      grown.set(bytes);
      bytes = grown;
    }
    const count = readSync(file, bytes, length, bytes.length - length, null);
    if (count === 0) return bytes.subarray(0, length);
    length += count;
  }
  throw new DataError({
    where: path,
    got: `more than ${MOST} MiB of what has no size, and perhaps no end`,
    expected: `at most ${MOST} MiB of what is no file`,
    remedy: "save it as a file, and give that",
  });
}

/** Whether a file is a model that `train` wrote: its header says of which table. */
export function isTrained(path: string): boolean {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const length = Buffer.alloc(8);
    readSync(file, length);
    const bytes = length.readBigUInt64LE();
    if (bytes > mostHeaderBytes) return false;
    const header = Buffer.alloc(Number(bytes));
    for (let at = 0; at < header.length; ) {
      const count = readSync(file, header, at, header.length - at, null);
      if (count === 0) return false;
      at += count;
    }
    return Object.hasOwn(metadataIn(header, path), descriptionKey);
  } catch {
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
