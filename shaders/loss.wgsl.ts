import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { HALTED } from "../src/kernels/control.ts";
import { type LossVariant, targetType } from "../src/kernels/loss.ts";
import { type Loss, takesClasses } from "../src/model/loss.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { controlWord, raise } from "./lib/control-words.wgsl.ts";
import { elementwise } from "./lib/elementwise.wgsl.ts";
import { exponential, finite } from "./lib/finite.wgsl.ts";
import { halfType } from "./lib/half.wgsl.ts";

/**
 * The score of each row: its loss and whether it is classified right; and with `delta` ∂ℓ/∂o:
 *
 *     halfSquaredError      ℓ = ½ Σⱼ (oⱼ − yⱼ)²                       ∂ℓ/∂oⱼ = oⱼ − yⱼ
 *     softmaxCrossEntropy   ℓ = m + log Σⱼ exp(oⱼ − m) − o_y, m = max o   ∂ℓ/∂oⱼ = softmax(o)ⱼ − [j = y]
 */
export const lossSource = async ({ loss, delta, slope, gather = false, half = false }: LossVariant) => {
  const put = (d: string) => {
    const value = `${d} * slope(o[first + j], o[first + j])`;
    return half ? `storeDelta(first + j, lossScale * (${value}));` : `dO[first + j] = ${value};`;
  };
  const before = `let row = ${gather ? "order[i]" : "i"};
  ${half ? `let lossScale = bitcast<f32>(${controlWord("lossScale")});` : ""}`;
  return wgsl`
@group(0) @binding(1) var<storage, read_write> control: array<atomic<u32>>;   // |B|; halted is written, by any row
@group(0) @binding(2) var<storage, read> o: array<f32>;              // output [batch, columns]
@group(0) @binding(3) var<storage, read> y: array<${targetType(loss)}>;              // ${takesClasses[loss] ? "class [rows]" : "target [rows, columns]"} of the batch or of all data
@group(0) @binding(4) var<storage, read_write> scores: array<vec2f>; // ℓ, and 1 where the first largest output is the class
#if ${delta}
@group(0) @binding(5) var<storage, read_write> dO: array<${halfType(half)}>;       // ∂L/∂o [batch, columns]
#endif
#if ${gather}
@group(0) @binding(${delta ? 6 : 5}) var<storage, read> order: array<u32>;                // row of the data for each row of the batch
#endif

${activationFunctions(slope)}
${finite}
${exponential}
${half ? (await import("./lib/half-store.wgsl.ts")).storeDelta("dO") : ""}

fn score(i: u32, rowLoss: f32, hit: f32) {
  scores[i] = vec2f(rowLoss, hit);
#if ${delta}
  if (!finite(rowLoss * f32(${controlWord("rows")}))) { ${raise(HALTED)} }
#endif
}

${rows[loss](before, delta ? put : undefined)}

${elementwise(controlWord("rows"), "rowLoss(i);")}
`;
};

/**
 * Function `rowLoss(i)`, which scores row i and stores its delta.
 * @param before statements at its beginning, which give the `row` of y
 * @param put statement that stores ∂ℓ/∂oⱼ, times the slope, at `first + j`
 */
type Row = (before: string, put: ((d: string) => string) | undefined) => string;

const rows: Readonly<Record<Loss, Row>> = {
  halfSquaredError: (before, put) => `fn rowLoss(i: u32) {
  ${before}
  let first = i * dims.columns;
  let targets = row * dims.columns;
  var sum = 0.0;
  for (var j = 0u; j < dims.columns; j++) {
    let difference = o[first + j] - y[targets + j];
    sum += difference * difference;
    ${put ? put("difference") : ""}
  }
  score(i, 0.5 * sum, 0.0);
}`,
  softmaxCrossEntropy: (before, put) => `fn rowLoss(i: u32) {
  ${before}
  let first = i * dims.columns;
  let label = y[row];
  var largest = o[first];
  var best = 0u;
  for (var j = 1u; j < dims.columns; j++) {
    if (o[first + j] > largest) {
      largest = o[first + j];
      best = j;
    }
  }
  var total = 0.0;
  for (var j = 0u; j < dims.columns; j++) { total += exponential(o[first + j] - largest); }
  // The logarithm of what is no number is one on some adapters.
  let rowLoss = select(log(total) + (largest - o[first + label]), total, !finite(total));
  score(i, rowLoss, select(0.0, 1.0, best == label));
  ${
    put
      ? `for (var j = 0u; j < dims.columns; j++) {
    let d = exponential(o[first + j] - largest) / total - select(0.0, 1.0, j == label);
    ${put("d")}
  }`
      : ""
  }
}`,
};
