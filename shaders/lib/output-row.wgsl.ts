import type { Loss } from "../../src/model/loss.ts";

/** Inner indices that one round of the loop takes. */
const UNROLL = 4;

/** What a row's loss needs and leaves behind, as WGSL. */
export interface RowLoss {
  readonly loss: Loss;
  readonly units: number;
  /** The target y(j), or the class for j = 0, as an expression. */
  readonly y: (j: number) => string;
  /** Names of the functions φ and φ′. */
  readonly activate: string;
  readonly slope: string;
  /** Statement that takes `rowLoss` and `hit`. */
  readonly score: string;
  /** Statement that takes ∂J/∂z of output j. */
  readonly dz: ((j: number, value: string) => string) | undefined;
}

/** Where the last layer of one row finds its numbers, as WGSL expressions. */
export interface OutputRow extends RowLoss {
  readonly inner: number | string;
  /** x(k), W(j, k) and b(j). */
  readonly x: (k: string) => string;
  readonly w: (j: number, k: string) => string;
  readonly bias: ((j: number) => string) | undefined;
  /** Whether the lanes of a subgroup, which have the same W, share its loads; they have a `lane` of 0 … 3 then. */
  readonly subgroups?: boolean;
}

/** Statements for one row: o = φ(x Wᵀ + b), ℓ(o, y), dz = ∂ℓ/∂o ⊙ φ′, with every output in a variable of its own. */
export const outputRow = (row: OutputRow) => {
  const { units, inner, x, w, bias, subgroups = false } = row;
  const each = (text: (j: number) => string, separator = "\n  ") =>
    Array.from({ length: units }, (_, j) => text(j)).join(separator);
  /** Adds `count` inner indices from k on in one expression, since an assignment costs a software adapter more than its sum. */
  const round = (count: number) => {
    const terms = Array.from({ length: count }, (_, u) => u);
    const share = subgroups && count === UNROLL;
    const weight = (j: number, u: number) => (share ? `subgroupBroadcast(quad${j}, ${u}u)` : w(j, `(k + ${u}u)`));
    return [
      ...terms.map((u) => `let x${u} = ${x(`(k + ${u}u)`)};`),
      share ? each((j) => `let quad${j} = ${w(j, "(k + lane)")};`, "\n    ") : "",
      each((j) => `z${j} = z${j}${terms.map((u) => ` + x${u} * ${weight(j, u)}`).join("")};`, "\n    "),
    ].join("\n    ");
  };
  return `${each((j) => `var z${j} = 0.0;`)}
  var k = 0u;
  for (; k + ${UNROLL - 1}u < ${inner}; k += ${UNROLL}u) {
    ${round(UNROLL)}
  }
  for (; k < ${inner}; k++) {
    ${round(1)}
  }
  ${bias ? each((j) => `z${j} += ${bias(j)};`) : ""}
  ${rowLoss(row)}`;
};

/** Statements for one row whose z0, z1, … are known: o = φ(z), ℓ(o, y), dz = ∂ℓ/∂o ⊙ φ′. */
export const rowLoss = ({ loss, units, y, activate, slope, score, dz }: RowLoss) => {
  const each: Each = (text) => Array.from({ length: units }, (_, j) => text(j)).join("\n  ");
  return `${each((j) => `let o${j} = ${activate}(z${j});`)}
${losses[loss](each, y)}
  ${score}
  ${dz ? each((j) => dz(j, `d${j} * ${slope}(z${j}, o${j})`)) : ""}`;
};

/** `text` for every output. */
type Each = (text: (j: number) => string) => string;

/** Statements that give `rowLoss`, `hit` and ∂ℓ/∂o as d0, d1, … out of o0, o1, …, by the formulas of `loss.wgsl.ts`. */
const losses: Readonly<Record<Loss, (each: Each, y: RowLoss["y"]) => string>> = {
  halfSquaredError: (each, y) => `  ${each((j) => `let d${j} = o${j} - ${y(j)};`)}
  var sum = 0.0;
  ${each((j) => `sum += d${j} * d${j};`)}
  let rowLoss = 0.5 * sum;
  let hit = 0.0;`,
  softmaxCrossEntropy: (each, y) => `  let label = ${y(0)};
  var largest = o0;
  var best = 0u;
  ${each((j) => (j === 0 ? "" : `if (o${j} > largest) { largest = o${j}; best = ${j}u; }`))}
  var picked = o0;
  ${each((j) => (j === 0 ? "" : `if (label == ${j}u) { picked = o${j}; }`))}
  ${each((j) => `let e${j} = exponential(o${j} - largest);`)}
  var total = 0.0;
  ${each((j) => `total += e${j};`)}
  // The logarithm of what is no number is one on some adapters.
  let rowLoss = select(log(total) + (largest - picked), total, !finite(total));
  let hit = select(0.0, 1.0, best == label);
  ${each((j) => `let d${j} = e${j} / total - select(0.0, 1.0, label == ${j}u);`)}`,
};
