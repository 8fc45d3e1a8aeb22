import { brief } from "../brief.ts";
import { DataError } from "../errors.ts";
import { isPlainJson } from "./nesting.ts";

/**
 * The safetensors format, as far as networks need it: 8 bytes of little-endian header length, a JSON header padded with
 * spaces, then the tensors' bytes without gaps. Of its element types F32 and U32.
 */

/** A tensor of a file, row-major. */
export interface FileTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
}

export interface SafetensorsFile {
  /** By name, in the file's order, of one copy of its data. The record has no prototype, so that any name is safe. */
  readonly tensors: Readonly<Record<string, FileTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly name: string;
  readonly dtype: "F32" | "U32";
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

// Numbers are copied as they lie in memory: every machine that WebGPU runs on is little-endian, as the format is.

const lengthBytes = 8;
/** Longer headers are refused by the format's own library too: other files, read as safetensors, tell far larger ones. */
export const mostHeaderBytes = 100_000_000;
const metadataName = "__metadata__";
/** Bytes of one number, in both element types. */
const size = 4;
const remedyForDamage = "get the file again, or save it anew";

/**
 * Writes tensors, in the order given, and text as one file.
 * @throws DataError where a shape and its data do not fit, a tensor has the name that the format keeps for metadata, or there is
 *   more to say of them than a reader of the format takes
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array | Uint32Array }>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  // `Object.create(null)`: an entry called `__proto__` is an entry like any other.
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) header[metadataName] = Object.assign(Object.create(null), metadata);
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    checkTensor(name, shape, data.length);
    const begin = offset;
    offset += data.length * size;
    header[name] = {
      dtype: data instanceof Float32Array ? "F32" : "U32",
      shape: [...shape],
      data_offsets: [begin, offset],
    };
  }
  // Before all of it becomes one text, of which there is a longest.
  checkHeader(Object.entries(metadata).reduce((sum, [name, text]) => sum + name.length + text.length, 0));
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  checkHeader(headerBytes);
  const start = lengthBytes + headerBytes;
  const bytes = new Uint8Array(start + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, lengthBytes, start);
  bytes.set(json, lengthBytes);
  let position = start;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a whole file and checks every word of its header before it touches the data.
 * @param where name of the file for error messages
 * @throws DataError where the file is cut short, damaged, or holds an element type other than F32 and U32
 */
export function decodeSafetensors(bytes: Uint8Array, where = "safetensors"): SafetensorsFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, start } = readHeader(bytes, view, where);
  const metadata = readMetadata(header, where);
  const entries: Entry[] = [];
  // Not `entries`, nor a copy of what was parsed: a header may hold millions of names.
  for (const name of Object.keys(header)) {
    if (name !== metadataName) entries.push(readEntry(name, header[name], where));
  }
  checkLayout(entries, bytes.length - start, where);
  // A copy, since the bytes in the file need not begin at a multiple of 4 (not `slice`: a Node Buffer's makes a view).
  const { buffer } = new Uint8Array(bytes.subarray(start));
  const tensors: Record<string, FileTensor> = Object.create(null);
  for (const { name, dtype, shape, begin, end } of entries) {
    const View = dtype === "F32" ? Float32Array : Uint32Array;
    tensors[name] = { shape, data: new View(buffer, begin, (end - begin) / size) };
  }
  return { tensors, metadata: Object.setPrototypeOf(metadata, null) };
}

function checkHeader(bytes: number): void {
  if (bytes <= mostHeaderBytes) return;
  throw new DataError({
    where: "safetensors: header",
    got: `${bytes} bytes of names and metadata`,
    expected: `at most ${mostHeaderBytes}`,
    remedy: "shorten the names, of a table those of its columns and classes, or keep less metadata",
  });
}

function checkTensor(name: string, shape: readonly number[], length: number): void {
  const where = `safetensors: tensor "${brief(name, 80)}"`;
  if (name === metadataName) {
    throw new DataError({
      where,
      got: "a tensor of this name",
      expected: "another name, since the format keeps this one for text",
      remedy: "rename the tensor",
    });
  }
  if (length !== volume(shape)) {
    throw new DataError({
      where,
      got: `${length} numbers for shape [${shape.join(", ")}]`,
      expected: `${volume(shape)} numbers`,
      remedy: "give a shape whose product is the number of elements",
    });
  }
}

const volume = (shape: readonly number[]) => shape.reduce((product, dimension) => product * dimension, 1);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function readHeader(bytes: Uint8Array, view: DataView, where: string) {
  const headerBytes = bytes.length < lengthBytes ? undefined : view.getBigUint64(0, true);
  if (headerBytes === undefined || headerBytes > BigInt(mostHeaderBytes)) {
    throw new DataError({
      where,
      got: headerBytes === undefined ? `a file of ${bytes.length} bytes` : "a file that begins otherwise",
      expected: `a safetensors file, which begins with the length of its header in ${lengthBytes} bytes`,
      remedy: "give a model written by chainrule, or get the file again",
    });
  }
  const rest = bytes.length - lengthBytes;
  if (headerBytes > BigInt(rest)) {
    throw new DataError({
      where,
      got: `${rest} bytes after the length of the header`,
      expected: `a header of ${headerBytes} bytes there`,
      remedy: "the file is cut short: get it again, or save it anew",
    });
  }
  const start = lengthBytes + Number(headerBytes);
  return { header: parseHeader(bytes.subarray(lengthBytes, start), where), start };
}

function parseHeader(bytes: Uint8Array, where: string): Record<string, unknown> {
  let header: unknown;
  let plain = true;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    plain = isPlainJson(text);
    if (plain) header = JSON.parse(text);
  } catch (cause) {
    throw new DataError(
      { where, got: "a header that is no JSON", expected: "a JSON object of tensors", remedy: remedyForDamage },
      { cause },
    );
  }
  if (isRecord(header)) return header;
  throw new DataError({
    where,
    got: plain ? "a JSON header that is no object" : "a header of lists or objects that no tensor has",
    expected: "a JSON object of tensors",
    remedy: remedyForDamage,
  });
}

/** A value of a header as a message names it, however large or deep. */
function shown(value: unknown): string {
  let text = "lists in lists";
  try {
    text = JSON.stringify(value) ?? "undefined";
  } catch {
    // Nested too deeply to be written.
  }
  return brief(text, 80);
}

/** The metadata that the bytes of a file's header hold. @throws DataError */
export const metadataIn = (header: Uint8Array, where: string): SafetensorsFile["metadata"] =>
  readMetadata(parseHeader(header, where), where);

function readMetadata(header: Record<string, unknown>, where: string): Record<string, string> {
  // Null is no metadata.
  const value = header[metadataName] ?? {};
  const record = isRecord(value) ? value : { [metadataName]: undefined };
  for (const key of Object.keys(record)) {
    if (typeof record[key] === "string") continue;
    throw new DataError({
      where: `${where}: metadata "${brief(key, 80)}"`,
      got: shown(isRecord(value) ? value[key] : value),
      expected: "text",
      remedy: remedyForDamage,
    });
  }
  return record as Record<string, string>;
}

const damaged = (where: string, got: string, expected: string, remedy = remedyForDamage) =>
  new DataError({ where, got, expected, remedy });

function readEntry(name: string, value: unknown, file: string): Entry {
  const where = `${file}: tensor "${brief(name, 80)}"`;
  if (!isRecord(value)) throw damaged(where, shown(value), "an object with dtype, shape and data_offsets");
  const { dtype, shape, data_offsets: offsets } = value;
  if (dtype !== "F32" && dtype !== "U32") {
    throw damaged(where, `dtype ${shown(dtype)}`, `"F32" or "U32"`, "convert the tensor to float32");
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw damaged(where, `shape ${shown(shape)}`, "a list of whole numbers, 0 or above");
  }
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [];
  if (!isCount(begin) || !isCount(end) || begin > end) {
    throw damaged(where, `data_offsets ${shown(offsets)}`, "two whole numbers [begin, end] with begin ≤ end");
  }
  const bytes = volume(shape) * size;
  if (end - begin !== bytes) {
    throw damaged(
      where,
      `${end - begin} bytes of data`,
      `${bytes} bytes for shape ${brief(`[${shape.join(", ")}]`, 80)} of ${dtype}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** The tensors cover the file's data from the first byte to the last, without gap or overlap. */
function checkLayout(entries: readonly Entry[], dataBytes: number, file: string): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  const total = ordered.reduce((last, { end }) => Math.max(last, end), 0);
  if (total !== dataBytes) {
    throw new DataError({
      where: file,
      got: `${dataBytes} bytes of data`,
      expected: `${total} bytes, as the header says`,
      remedy:
        dataBytes < total
          ? "the file is cut short: get it again, or save it anew"
          : "the file has bytes too many: get it again, or save it anew",
    });
  }
  let position = 0;
  for (const { name, begin, end } of ordered) {
    if (begin !== position) {
      throw new DataError({
        where: `${file}: tensor "${brief(name, 80)}"`,
        got: `data_offsets that begin at byte ${begin}`,
        expected: `${position}, where the tensor before it ends (tensors leave no gap and do not overlap)`,
        remedy: remedyForDamage,
      });
    }
    position = end;
  }
}
