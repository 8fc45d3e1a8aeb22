import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/errors.ts";
import { checkDataset } from "../../../src/run/dataset.ts";
import type { Dataset } from "../../../src/run/types.ts";
import { floatsOf } from "../../../src/run/unpack.ts";
import { refusal, worded } from "../../helpers/refusal.ts";

const stands = { scale: 1, offset: 0 };
const three = { loss: "softmaxCrossEntropy", outputs: 3, bytes: stands } as const;
const two = { loss: "halfSquaredError", outputs: 2, bytes: stands } as const;

const classes = (inputs: readonly number[], targets: readonly number[]) =>
  checkDataset("data", { inputs, targets }, three);

const numbers = (inputs: readonly number[], targets: readonly number[]) =>
  checkDataset("data", { inputs, targets }, two);

describe("checkDataset", () => {
  it("counts the rows of classes by their labels, as u32", () => {
    const rows = classes([1, 2, 3, 4], [0, 2]);
    expect(rows).toEqual({
      rows: 2,
      columns: 2,
      inputs: new Float32Array([1, 2, 3, 4]),
      targets: new Uint32Array([0, 2]),
      stands: { scale: 1, offset: 0 },
    });
  });

  it("counts the rows of numbers by the outputs, as f32", () => {
    const rows = numbers([1, 2, 3], [0.5, 1.5]);
    expect(rows).toEqual({
      rows: 1,
      columns: 3,
      inputs: new Float32Array([1, 2, 3]),
      targets: new Float32Array([0.5, 1.5]),
      stands: { scale: 1, offset: 0 },
    });
  });

  it("takes over the memory of floats where it is told to, once nothing of them is refused", () => {
    const inputs = Float32Array.of(9, 1, 2, 3, 4).subarray(1);
    const given = (targets: readonly number[]) => ({ inputs, targets, transfer: true });
    expect(refusal(() => checkDataset("data", given([0, 7]), three))).toMatch(/^DataError: data: targets: row 2: /);
    expect(inputs).toHaveLength(4);
    const { buffer } = inputs;
    const rows = checkDataset("data", given([0, 2]), three);
    expect([rows.inputs, buffer.byteLength, inputs.length]).toEqual([Float32Array.of(1, 2, 3, 4), 0, 0]);
    // What is no float32 yet is copied.
    const numbers = Float64Array.of(1, 2, 3, 4);
    checkDataset("data", { inputs: numbers, targets: [0, 2], transfer: true }, three);
    expect(numbers).toHaveLength(4);
  });

  const memory = new WebAssembly.Memory({ initial: 1 });

  it.each<[string, () => ArrayLike<number>, boolean]>([
    ["another realm", () => runInNewContext("new Float32Array(4)"), true],
    ["shared memory", () => new Float32Array(new SharedArrayBuffer(16)), false],
    ["WebAssembly's memory", () => new Float32Array(memory.buffer, 8, 4), false],
    ["a length of their own", () => Object.defineProperty(new Float32Array(8), "length", { value: 4 }), true],
  ])("takes over floats of %s, or copies what cannot be", (_, make, isTaken) => {
    const inputs = make() as Float32Array;
    for (let i = 0; i < 4; i++) inputs[i] = i + 1;
    const rows = checkDataset("data", { inputs, targets: [0, 2], transfer: true }, three);
    expect(inputs.byteLength === 0).toBe(isTaken);
    if (!isTaken) inputs[0] = 9;
    expect(rows.inputs).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(rows.inputs).toBeInstanceOf(Float32Array);
  });

  it("keeps bytes packed, with the values that they stand for", () => {
    const targets = [0, 2];
    for (const inputs of [Uint8Array.of(1, 2, 3, 250), Uint8ClampedArray.of(1, 2, 3, 250)]) {
      const rows = checkDataset("data", { inputs, scale: 0.5, offset: 1, targets }, three);
      expect(rows).toMatchObject({ rows: 2, columns: 2, targets: new Uint32Array(targets) });
      expect(rows.inputs).toBeInstanceOf(Uint8Array);
      expect(Array.from(floatsOf(rows.inputs, 0, 4))).toEqual([1.5, 2, 2.5, 126]);
      expect(Array.from(floatsOf(rows.inputs, 2, 4))).toEqual([2.5, 126]);
    }
  });

  it.each(["scale", "offset"])("refuses a %s for inputs that are no bytes", (name) => {
    for (const inputs of [[1, 2], Float32Array.of(1, 2), Uint16Array.of(1, 2), Int8Array.of(1, 2)]) {
      const data = { inputs, targets: [0, 1], [name]: 0 };
      expect(refusal(() => checkDataset("data", data, three))).toBe(
        `DataError: data: ${name}: got 0 for inputs that are no bytes, expected inputs of a Uint8Array or Uint8ClampedArray; give bytes, or scale the numbers and leave it out.`,
      );
    }
  });

  it("refuses no rows", () => {
    const message = "DataError: data: got no rows, expected at least one row; give the rows to work on.";
    expect(refusal(() => classes([], []))).toBe(message);
    expect(refusal(() => numbers([], []))).toBe(message);
  });

  it("refuses targets that are no whole rows", () => {
    expect(refusal(() => numbers([1, 2, 3], [1, 2, 3]))).toBe(
      "ShapeError: data: targets: got 3 numbers, expected a multiple of the 2 outputs; give whole rows.",
    );
  });

  it("refuses inputs that are no multiple of the rows, or none", () => {
    expect(refusal(() => classes([1, 2, 3], [0, 1]))).toBe(
      "ShapeError: data: inputs: got 3 numbers, expected a multiple of the 2 rows that the targets have; give inputs and targets of the same rows.",
    );
    expect(refusal(() => classes([], [0, 1]))).toBe(
      "ShapeError: data: inputs: got 0 numbers, expected a multiple of the 2 rows that the targets have; give inputs and targets of the same rows.",
    );
  });

  it.each([3, -1, 1.5, Number.NaN])("refuses class %d of 3", (label) => {
    expect(refusal(() => classes([1, 2], [0, label]))).toBe(
      `DataError: data: targets: row 2: got class ${label}, expected a whole number from 0 to 2, as the network has 3 outputs; number the classes from 0, or give the last layer one unit a class.`,
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("refuses %d in the data", (value) => {
    expect(refusal(() => classes([1, 2, 3, 4, value, 6], [0, 1]))).toBe(
      `DataError: data: inputs: row 2, column 2: got ${value}, expected a finite number that float32 can hold; mend or leave out the row.`,
    );
    expect(refusal(() => numbers([1, 2], [1, 2, value, 4]))).toBe(
      `DataError: data: targets: row 2, column 1: got ${value}, expected a finite number that float32 can hold; mend or leave out the row.`,
    );
  });

  it.each([
    ["a text", "1", '"1"'],
    ["a list", [1], "a list of 1"],
    ["nothing", null, "null"],
    ["true", true, "true"],
    ["a bigint", 1n, "1n"],
    ["a symbol", Symbol("one"), "Symbol(one)"],
  ])("refuses %s for a number, however it reads as one", (_, value, got) => {
    const given = value as unknown as number;
    expect(refusal(() => classes([1, 2, 3, given], [0, 1]))).toBe(
      `DataError: data: inputs: row 2, column 2: got ${got}, expected a finite number that float32 can hold; mend or leave out the row.`,
    );
    expect(refusal(() => numbers([1, 2], [1, given]))).toMatch(/^DataError: data: targets: row 1, column 2: got /);
    expect(refusal(() => classes([1, 2], [0, given]))).toBe(
      `DataError: data: targets: row 2: got class ${got}, expected a whole number from 0 to 2, as the network has 3 outputs; number the classes from 0, or give the last layer one unit a class.`,
    );
  });

  it("refuses a key that it does not know, and what is no object", () => {
    const check = (data: unknown) => refusal(() => checkDataset("evaluate", data as Dataset, three));
    expect(check({ inputs: [1], targets: [0], labels: [1] })).toBe(
      'ModelError: evaluate: got option "labels", expected inputs, targets, columns, transfer, scale, offset; leave labels out.',
    );
    expect(check([1, 2])).toBe(
      "ModelError: evaluate: got a list of numbers, expected { inputs, targets }; give both in one object.",
    );
  });

  it("refuses a number that is infinite as float32", () => {
    expect(refusal(() => classes([1, 1e39], [0, 1]))).toMatch(/^DataError: data: inputs: row 2, column 1: got 1e\+39,/);
  });

  it("carries the line and column of what it refuses", () => {
    const fail = worded(() => classes([1, 2, Number.NaN, 4], [0, 1]));
    expect(fail).toBeInstanceOf(DataError);
    expect(fail).toMatchObject({ line: 2, column: 1 });
    const wrongClass = worded(() => classes([1, 2], [0, 9]));
    expect(wrongClass).toMatchObject({ line: 2 });
    expect((wrongClass as DataError).column).toBeUndefined();
  });

  it.each([
    ["noise of float64", [0.3, 0.1 + 0.2, 0.3, 0.3]],
    ["numbers that are 0 in float32", [Math.exp(-200), Math.exp(-201), 0, 0]],
    ["one number throughout", [5, 5, 5, 5]],
  ])("learns from a column of %s", (_, inputs) => {
    const trained = { ...three, isTrained: true };
    expect(checkDataset("data", { inputs, targets: [0, 1, 2, 0], columns: 1 }, trained).rows).toBe(4);
  });

  it("judges rows that float32 makes the same, but does not learn from a column of them", () => {
    const data = { inputs: [1.6e12, 1.6e12 + 5, 1.6e12 + 10], targets: [0, 1, 2], columns: 1 };
    expect(checkDataset("evaluate", data, three).rows).toBe(3);
    expect(refusal(() => checkDataset("data", data, { ...three, isTrained: true }))).toBe(
      "DataError: data: inputs: column 1: got 3 different numbers that become one in float32, " +
        "expected numbers that float32 tells apart; subtract 1600000000000 from them first.",
    );
  });

  it("refuses one-hot targets of two classes by their look, where the data would have one column", () => {
    const pair = { loss: "softmaxCrossEntropy", outputs: 2, bytes: stands } as const;
    const hot = Array.from({ length: 20 }, (_, row) => (row % 3 === 0 ? [1, 0] : [0, 1])).flat();
    const inputs = hot.map((_, index) => index / 7);
    expect(refusal(() => checkDataset("data", { inputs, targets: hot }, pair))).toBe(
      "DataError: data: targets: got 40 targets, one-hot in rows of 2, expected one class number a row; " +
        "give one class number a row, from 0, or state the data's columns.",
    );
    expect(checkDataset("data", { inputs, targets: hot, columns: 1 }, pair).rows).toBe(40);
    // Classes that take turns, XOR over and over, and few rows.
    const turns = inputs.map((_, index) => index % 2);
    expect(checkDataset("data", { inputs, targets: turns }, pair).rows).toBe(40);
    const xor = inputs.map((_, index) => [0, 1, 1, 0][index % 4] as number);
    expect(checkDataset("data", { inputs: [...inputs, ...inputs], targets: xor }, pair).columns).toBe(2);
    expect(checkDataset("data", { inputs: [1, 2, 3, 4], targets: [1, 0, 0, 1] }, pair).rows).toBe(4);
  });
});
