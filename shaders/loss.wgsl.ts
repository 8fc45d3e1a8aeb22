import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { LossVariant } from "../src/kernels/loss.ts";
import { elementwise } from "./lib/elementwise.wgsl.ts";

/**
 * The loss of each row, whether the row is classified right, and with `delta` ∂ℓ/∂o:
 *
 *     halfSquaredError      ℓ = ½ Σⱼ (oⱼ − yⱼ)²                       ∂ℓ/∂oⱼ = oⱼ − yⱼ
 *     softmaxCrossEntropy   ℓ = m + log Σⱼ exp(oⱼ − m) − o_y, m = max o   ∂ℓ/∂oⱼ = softmax(o)ⱼ − [j = y]
 */
export const lossSource = ({ loss, delta }: LossVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;                 // |B|
@group(0) @binding(2) var<storage, read> o: array<f32>;              // output [batch, columns]
#if ${loss === "softmaxCrossEntropy"}
@group(0) @binding(3) var<storage, read> y: array<u32>;              // class [batch]
#else
@group(0) @binding(3) var<storage, read> y: array<f32>;              // target [batch, columns]
#endif
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;   // ℓ [batch]
@group(0) @binding(5) var<storage, read_write> hits: array<f32>;     // 1 where the first largest output is the class [batch]
#if ${delta}
@group(0) @binding(6) var<storage, read_write> dO: array<f32>;       // ∂L/∂o [batch, columns]
#endif

#if ${loss === "softmaxCrossEntropy"}
fn rowLoss(i: u32) {
  let first = i * dims.columns;
  let label = y[i];
  var largest = o[first];
  var best = 0u;
  for (var j = 1u; j < dims.columns; j++) {
    if (o[first + j] > largest) {
      largest = o[first + j];
      best = j;
    }
  }
  var total = 0.0;
  for (var j = 0u; j < dims.columns; j++) { total += exp(o[first + j] - largest); }
  losses[i] = log(total) + (largest - o[first + label]);
  hits[i] = select(0.0, 1.0, best == label);
#if ${delta}
  for (var j = 0u; j < dims.columns; j++) {
    dO[first + j] = exp(o[first + j] - largest) / total - select(0.0, 1.0, j == label);
  }
#endif
}
#else
fn rowLoss(i: u32) {
  let first = i * dims.columns;
  var sum = 0.0;
  for (var j = 0u; j < dims.columns; j++) {
    let difference = o[first + j] - y[first + j];
    sum += difference * difference;
#if ${delta}
    dO[first + j] = difference;
#endif
  }
  losses[i] = 0.5 * sum;
  hits[i] = 0.0;
}
#endif

${elementwise("control.rows", "rowLoss(i);")}
`;
