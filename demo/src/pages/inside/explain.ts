import type { Activation } from "chainrule";
import { fixed, precise, rounded, scientific } from "../../format.ts";
import type { StepRecord } from "./contract.ts";
import { below, boardName, layersOf, parseName } from "./names.ts";

/** One number of a tensor. */
export interface Cell {
  readonly name: string;
  readonly row: number;
  readonly column: number;
}

/** How a number comes about. */
export interface Explanation {
  /** The formula with numbers in place of letters. */
  readonly text: string;
  /** The numbers that went in. */
  readonly operands: readonly Cell[];
}

/**
 * Writes out the arithmetic behind one number of a step.
 * @param significant digits of each number
 */
export function explain(record: StepRecord, { name, row, column }: Cell, significant = 3): Explanation {
  const { state, textbook } = record;
  const { plan } = textbook;
  const layers = layersOf(plan);
  const { by, letter, layer = layers, updated } = parseName(name);
  const classes = state.loss === "crossEntropy";
  const φ: Activation = layer < layers ? state.activation : classes ? "identity" : state.output;
  const size = (tensor: string) => record.tensors[tensor]?.shape ?? [];
  const at = (tensor: string, r: number, c = 0): Cell => ({ name: boardName(plan, tensor), row: r, column: c });
  const say = (cell: Cell) => signed(numberAt(record, cell), significant);
  const times = (pairs: readonly (readonly [Cell, Cell])[]): Explanation => ({
    text: pairs.map(([a, b]) => `${say(a)} · ${say(b)}`).join(" + "),
    operands: pairs.flat(),
  });
  const range = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, i) => make(i));
  const rows = state.rows;
  const delta = `dz${layer}`;

  if (updated) {
    const own = `${letter}${layer}`;
    const [before, slope] = [at(own, row, column), at(`d${own}`, row, column)];
    return { text: `${say(before)} − ${state.rate}/${rows} · ${say(slope)}`, operands: [before, slope] };
  }
  if (by !== "" && letter === "W") {
    const own = at(`W${layer}`, row, column);
    const data = at(`gW${layer}`, row, column);
    if (by === "d" && data.name !== name) {
      return { text: `${say(data)} + ${state.decay} · ${say(own)}`, operands: [data, own] };
    }
    return times(range(rows, (r) => [at(delta, r, row), at(below(layer), r, column)] as const));
  }
  if (by !== "" && letter === "b") {
    const operands = range(rows, (r) => at(delta, r, row));
    return { text: operands.map(say).join(" + "), operands };
  }
  if (name === "do") {
    const [o, y] = [at("o", row, column), at("y", row, classes ? 0 : column)];
    if (!classes) return { text: `${say(o)} − ${say(y)}`, operands: [o, y] };
    const logits = range(state.outputs, (k) => at("o", row, k));
    const target = numberAt(record, y) === column ? 1 : 0;
    return {
      text: `e^${say(o)} / (${logits.map((k) => `e^${say(k)}`).join(" + ")}) − ${target}`,
      operands: [...logits, y],
    };
  }
  if (by === "d" && letter === "h") {
    const [units = 0] = size(`W${layer + 1}`);
    return times(range(units, (u) => [at(`dz${layer + 1}`, row, u), at(`W${layer + 1}`, u, column)] as const));
  }
  if (by === "d" && letter === "z") {
    const [dh, h] = [
      at(layer === layers ? "do" : `dh${layer}`, row, column),
      at(layer === layers ? "o" : `h${layer}`, row, column),
    ];
    return { text: `${say(dh)} · ${slopes[φ](say(h), numberAt(record, h))}`, operands: [dh, h] };
  }
  if (letter === "z" || ((letter === "h" || letter === "o") && plan.tensors[`z${layer}`] === undefined)) {
    const [, inputs = 0] = size(`W${layer}`);
    const bias = at(`b${layer}`, column);
    const sum = times(range(inputs, (k) => [at(`W${layer}`, column, k), at(below(layer), row, k)] as const));
    return { text: `${sum.text} + ${say(bias)}`, operands: [...sum.operands, bias] };
  }
  if (letter === "h" || letter === "o") {
    const z = at(`z${layer}`, row, column);
    return { text: values[φ](brief(numberAt(record, z), significant)), operands: [z] };
  }
  if (name === "ell") {
    const outputs = range(state.outputs, (k) => at("o", row, k));
    if (classes) {
      const y = at("y", row);
      const target = at("o", row, numberAt(record, y));
      return {
        text: `log(${outputs.map((o) => `e^${say(o)}`).join(" + ")}) − ${say(target)}`,
        operands: [...outputs, y],
      };
    }
    const pairs = outputs.map((o, k) => [o, at("y", row, k)] as const);
    return { text: `½ (${pairs.map(([o, y]) => `(${say(o)} − ${say(y)})²`).join(" + ")})`, operands: pairs.flat() };
  }
  if (name === "L") {
    const operands = range(rows, (r) => at("ell", r));
    return { text: operands.map(say).join(" + "), operands };
  }
  if (name === "s")
    return { text: state.decay === 0 ? "λ is 0" : `${state.decay}/2 · the sum of all w²`, operands: [] };
  if (name === "J") {
    const operands = [at("L", 0), at("s", 0)];
    return { text: operands.map(say).join(" + "), operands };
  }
  return { text: givenText[letter] ?? "", operands: [] };
}

const givenText: Readonly<Record<string, string>> = {
  x: "an input, from the data",
  y: "a target, from the data",
  W: "a weight, as it was before this step",
  b: "a bias, as it was before this step",
};

/** φ(z) of a number as text. */
const values: Readonly<Record<Activation, (z: string) => string>> = {
  identity: (z) => z,
  relu: (z) => `max(0, ${z})`,
  sigmoid: (z) => `1 / (1 + e^−(${z}))`,
  tanh: (z) => `tanh(${z})`,
};

/** φ′(z) by h = φ(z), as the GPU takes it. */
const slopes: Readonly<Record<Activation, (h: string, value: number) => string>> = {
  identity: () => "1",
  relu: (_, value) => (value > 0 ? "1" : "0"),
  sigmoid: (h) => `${h} · (1 − ${h})`,
  tanh: (h) => `(1 − ${h}²)`,
};

/** The number itself: the GPU's, or the reference's without a GPU. */
export function numberAt({ tensors }: StepRecord, { name, row, column }: Cell): number {
  const found = tensors[name];
  const [, columns = 1] = found?.shape ?? [];
  return (found?.gpu ?? found?.cpu)?.[row * columns + column] ?? Number.NaN;
}

/** In brackets where negative. */
function signed(value: number, significant: number): string {
  const text = brief(value, significant);
  return value < 0 ? `(${text})` : text;
}

/** A number as a cell of the board has room for: 2 or 3 decimals below 1 and significant digits above, and where there is room for 3, two digits of a small number. */
export function cellText(value: number, digits: number): string {
  if (Number.isInteger(value)) return brief(value, 8);
  const magnitude = Math.abs(value);
  if (digits > 2 && magnitude < 0.1 && magnitude >= 1e-3) return precise(value, 2).replace("-", "−");
  if (magnitude < 0.5 * 10 ** -digits || magnitude < 1e-3) return exponent(value, 2).replace(/-/g, "−");
  const text = magnitude < 1 ? fixed(value, digits) : precise(value, digits);
  return text.replace("-", "−");
}

/** A change as a cell has room for, always with its sign: `−2e−4`. */
export const changeText = (change: number, digits: number): string =>
  change === 0 ? "±0" : `${change > 0 ? "+" : ""}${cellText(change, digits)}`;

/** A number in few digits, with a true minus sign. */
export function brief(value: number, significant: number): string {
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  const text = magnitude < 1e-3 || magnitude >= 1e4 ? exponent(value, significant) : rounded(value, significant);
  return text.replace(/-/g, "−");
}

const exponent = (value: number, significant: number): string =>
  scientific(value, Math.max(0, significant - 2)).replace("e+", "e");
