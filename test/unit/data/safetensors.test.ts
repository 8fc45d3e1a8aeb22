import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../../src/data/safetensors.ts";
import { DataError } from "../../../src/errors.ts";
import { allocatedBy } from "../../helpers/allocated.ts";
import { expectLinear, workOf } from "../../helpers/work.ts";

/** A file with this header and so many bytes of data, whatever it says. */
function fileOf(header: unknown, dataBytes: number): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const tensor = (begin: number, end: number, shape = [(end - begin) / 4], dtype = "F32") => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const headerOf = (bytes: Uint8Array) => {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  return { length, text: new TextDecoder().decode(bytes.subarray(8, 8 + length)) };
};

describe("encodeSafetensors", () => {
  it("writes the bytes that the format prescribes", () => {
    const bytes = encodeSafetensors({ b: { shape: [2], data: new Float32Array([1, -2]) } }, { by: "me" });
    const text = '{"__metadata__":{"by":"me"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const { length, text: header } = headerOf(bytes);
    expect(header).toBe(text.padEnd(length, " "));
    expect(length % 8).toBe(0);
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 128, 63, 0, 0, 0, 192]);
  });

  it("refuses a shape that does not hold the data", () => {
    expect(() => encodeSafetensors({ W1: { shape: [2, 2], data: new Float32Array(3) } }, {})).toThrow(
      'safetensors: tensor "W1": got 3 numbers for shape [2, 2], expected 4 numbers; give a shape whose product is the number of elements.',
    );
  });

  it("refuses more text than a reader of the format takes, before it makes one of it", () => {
    const long = "x".repeat(60_000_000);
    expect(() => encodeSafetensors({}, { a: long, b: long })).toThrow(
      "safetensors: header: got 120000002 bytes of names and metadata, expected at most 100000000; shorten the names",
    );
    expect(() => encodeSafetensors({}, { a: '"'.repeat(60_000_000) })).toThrow(/got 1200000\d\d bytes/);
  });

  it("refuses the name that the format keeps for text", () => {
    expect(() => encodeSafetensors({ __metadata__: { shape: [1], data: new Float32Array(1) } }, {})).toThrow(DataError);
  });
});

describe("decodeSafetensors", () => {
  const tensors = {
    W1: { shape: [2, 3], data: new Float32Array([1, 2, 3, -0, Number.NaN, 1e-45]) },
    step: { shape: [], data: new Uint32Array([4294967295]) },
    none: { shape: [0, 5], data: new Float32Array(0) },
    b1: { shape: [2], data: new Float32Array([Number.NEGATIVE_INFINITY, 3.4e38]) },
  };

  it("gives back every bit, name, shape and text, in order", () => {
    const decoded = decodeSafetensors(encodeSafetensors(tensors, { note: "ünï", empty: "" }));
    expect(Object.keys(decoded.tensors)).toEqual(Object.keys(tensors));
    expect({ ...decoded.tensors }).toEqual(tensors);
    expect({ ...decoded.metadata }).toEqual({ note: "ünï", empty: "" });
  });

  it("reads a file that lies at any place of a larger buffer, and copies it", () => {
    const file = encodeSafetensors(tensors, {});
    for (let offset = 0; offset < 4; offset++) {
      const around = new Uint8Array(offset + file.length + 3);
      around.set(file, offset);
      const view = around.subarray(offset, offset + file.length);
      const { W1 } = decodeSafetensors(view).tensors;
      around.fill(255);
      expect(W1).toEqual(tensors.W1);
    }
  });

  it("copies out of a Node Buffer too, whose slice is a view", () => {
    const file = Buffer.from(encodeSafetensors(tensors, {}));
    const { W1 } = decodeSafetensors(file).tensors;
    file.fill(255);
    expect(W1).toEqual(tensors.W1);
  });

  it("takes any name for a name", () => {
    const names = JSON.parse('{"__proto__": 0, "constructor": 0, "": 0, "a/b ü": 0}');
    const record = Object.create(null);
    for (const name of Object.keys(names)) record[name] = { shape: [1], data: new Float32Array([7]) };
    const metadata = JSON.parse('{"__proto__": "text"}');
    const decoded = decodeSafetensors(encodeSafetensors(record, metadata));
    expect(Object.keys(decoded.tensors)).toEqual(["__proto__", "constructor", "", "a/b ü"]);
    expect(Object.entries(decoded.metadata)).toEqual([["__proto__", "text"]]);
    expect(Object.prototype).not.toHaveProperty("shape");
  });

  it("reads tensors whose header lists them in another order than their data", () => {
    const file = fileOf({ second: tensor(4, 8), first: tensor(0, 4) }, 8);
    new DataView(file.buffer).setFloat32(file.length - 4, 5, true);
    expect(decodeSafetensors(file).tensors.second?.data).toEqual(new Float32Array([5]));
  });

  it("refuses a file that is cut short anywhere, and names it", () => {
    const file = encodeSafetensors(tensors, { note: "text" });
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeSafetensors(file.subarray(0, length), "m.safetensors")).toThrow(/^m\.safetensors: got /);
    }
  });

  it("refuses a file that goes on past its data", () => {
    expect(() => decodeSafetensors(fileOf({ a: tensor(0, 4) }, 5))).toThrow(
      "safetensors: got 5 bytes of data, expected 4 bytes, as the header says; the file has bytes too many: get it again, or save it anew.",
    );
  });

  it.each([
    [
      "no byte",
      new Uint8Array(0),
      "m: got a file of 0 bytes, expected a safetensors file, which begins with the length of its header in 8 bytes; give a model written by chainrule, or get the file again.",
    ],
    [
      "text",
      new TextEncoder().encode("pixel00,pixel01\n"),
      "m: got a file that begins otherwise, expected a safetensors file, which begins with the length of its header in 8 bytes; give a model",
    ],
    [
      "a header cut short",
      fileOf({ a: tensor(0, 4) }, 4).subarray(0, 20),
      "m: got 12 bytes after the length of the header, expected a header of 54 bytes there; the file is cut short: get it again, or save it anew.",
    ],
    [
      "a header that is no JSON",
      fileOf("{nonsense", 0),
      "got a header that is no JSON, expected a JSON object of tensors",
    ],
    [
      "a header that is a list",
      fileOf("[1]", 0),
      "got a JSON header that is no object, expected a JSON object of tensors",
    ],
    [
      "a number for a tensor",
      fileOf({ a: 1 }, 0),
      'tensor "a": got 1, expected an object with dtype, shape and data_offsets',
    ],
    [
      "another element type",
      fileOf({ a: tensor(0, 2, [1], "F16") }, 2),
      'tensor "a": got dtype "F16", expected "F32" or "U32"',
    ],
    ["no element type", fileOf({ a: { shape: [1], data_offsets: [0, 4] } }, 4), 'tensor "a": got dtype undefined'],
    [
      "a broken shape",
      fileOf({ a: tensor(0, 4, [1.5]) }, 4),
      'tensor "a": got shape [1.5], expected a list of whole numbers, 0 or above',
    ],
    ["a negative shape", fileOf({ a: tensor(0, 4, [-1, -1]) }, 4), 'tensor "a": got shape [-1,-1]'],
    [
      "a shape of another size",
      fileOf({ a: tensor(0, 4, [2]) }, 4),
      'tensor "a": got 4 bytes of data, expected 8 bytes for shape [2] of F32',
    ],
    [
      "a shape past all counting",
      fileOf({ a: tensor(0, 4, [2 ** 40, 2 ** 40]) }, 4),
      'tensor "a": got 4 bytes of data',
    ],
    [
      "offsets backwards",
      fileOf({ a: tensor(4, 0, [1]) }, 4),
      'tensor "a": got data_offsets [4,0], expected two whole numbers',
    ],
    [
      "three offsets",
      fileOf({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4, 8] } }, 4),
      'tensor "a": got data_offsets [0,4,8]',
    ],
    [
      "less data than the header says",
      fileOf({ a: tensor(0, 8) }, 4),
      "got 4 bytes of data, expected 8 bytes, as the header says; the file is cut short",
    ],
    [
      "a gap",
      fileOf({ a: tensor(0, 4), b: tensor(8, 12) }, 12),
      'tensor "b": got data_offsets that begin at byte 8, expected 4, where',
    ],
    [
      "an overlap",
      fileOf({ a: tensor(0, 8), b: tensor(4, 12) }, 12),
      'tensor "b": got data_offsets that begin at byte 4, expected 8, where',
    ],
    ["metadata that is no text", fileOf({ __metadata__: { n: 1 } }, 0), 'metadata "n": got 1, expected text'],
    [
      "a type nested deeply",
      fileOf(`{"a":{"dtype":${"[".repeat(2e5)}${"]".repeat(2e5)},"shape":[2],"data_offsets":[0,8]}}`, 8),
      "m: got a header of lists or objects that no tensor has, expected a JSON object of tensors; get the file again",
    ],
    ...["[],", "{},", '[[],"12 letters ]"],', '{"a":[0]},'].map((one): [string, Uint8Array<ArrayBuffer>, string] => [
      `a list of many ${one}`,
      fileOf(`{"a":[${one.repeat(1000)}0]}`, 0),
      "m: got a header of lists or objects that no tensor has, expected",
    ]),
    [
      "a metadata text without end",
      fileOf(`{"__metadata__":{"a":"[\\"${"[".repeat(1000)}\\`, 0),
      "got a header that is no JSON, expected a JSON object of tensors",
    ],
    [
      "a shape of very many dimensions, in a message of some letters",
      fileOf({ a: { ...tensor(0, 8), shape: Array(1e5).fill(2) } }, 8),
      /bytes for shape \[2, 2, [2, ]{30,40}…[2, ]{30,40}\] of F32; /,
    ],
    ["metadata that is no object", fileOf({ __metadata__: "x" }, 0), 'metadata "__metadata__": got "x", expected text'],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, "m")).toThrow(message);
    expect(() => decodeSafetensors(bytes, "m")).toThrow(DataError);
    // Whatever sizes the header tells of, and however much of the file is right.
    expect(allocatedBy(() => decodeSafetensors(bytes, "m"))).toBe(0);
  });

  it("takes brackets in names and texts for letters", () => {
    const text = `{[\\"${"[{".repeat(1000)}\\`;
    const decoded = decodeSafetensors(encodeSafetensors({ [text]: tensors.b1 }, { note: text }));
    expect(Object.keys(decoded.tensors)).toEqual([text]);
    expect(decoded.metadata.note).toBe(text);
  });

  it("copies the data once, however many tensors there are", () => {
    const file = encodeSafetensors(tensors, { note: "text" });
    expect(allocatedBy(() => decodeSafetensors(file))).toBe(6 * 4 + 4 + 2 * 4);
  });

  const many = (count: number, entry: (index: number) => unknown) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, entry(index)]));

  it.each<[string, (count: number) => Uint8Array<ArrayBuffer>]>([
    [
      "tensors",
      (count) =>
        fileOf(
          many(count, (index) => tensor(4 * index, 4 * index + 4)),
          4 * count,
        ),
    ],
    [
      "tensors of nothing",
      (count) =>
        fileOf(
          many(count, () => tensor(0, 0)),
          0,
        ),
    ],
    [
      "tensors in another order than their data",
      (count) =>
        fileOf(
          many(count, (index) => tensor(4 * ((index * 997) % count), 4 * ((index * 997) % count) + 4)),
          4 * count,
        ),
    ],
    ["dimensions", (count) => fileOf({ a: tensor(0, 4, Array(count).fill(1)) }, 4)],
    ["texts", (count) => fileOf({ __metadata__: many(count, () => "") }, 0)],
  ])("takes work that grows as the %s do", (_, fileWith) =>
    expectLinear(1000, (count) => {
      const file = fileWith(count);
      return () => decodeSafetensors(file);
    }),
  );

  it("takes no more work for longer names and texts", async () => {
    const workFor = (letters: number) => {
      const name = "n".repeat(letters);
      const file = fileOf({ __metadata__: { [name]: name }, [name]: tensor(0, 4) }, 4);
      return workOf(() => decodeSafetensors(file));
    };
    expect(await workFor(100_000)).toBeLessThan(2 * (await workFor(1)));
  });

  it("takes null for no metadata", () => {
    expect(decodeSafetensors(fileOf({ __metadata__: null, a: tensor(0, 8) }, 8), "m")).toMatchObject({ metadata: {} });
  });
});
