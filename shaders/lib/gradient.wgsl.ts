import type { LayerGradientVariant } from "../../src/kernels/layer-gradient.ts";
import { halfLoad, halfType } from "./half.wgsl.ts";
import { numbersOf } from "./numbers.wgsl.ts";
import { productOperand } from "./product-parts.wgsl.ts";

/** The operands of gW = dzᵀ x, what must be declared for them, a sum of them without the loss scale, and gb = Σ dz. */
export const gradientOf = ({ gather, bytes, half = false, tile }: Omit<LayerGradientVariant, "bias">) => {
  const data = numbersOf("x", bytes, half && !gather);
  const a = productOperand(tile, "a", {
    contiguous: "outer",
    size: "dims.rows",
    type: halfType(half),
    load: halfLoad("dz", half),
  });
  return {
    declarations: data.declarations,
    a,
    b: productOperand(tile, "b", {
      contiguous: "outer",
      line: (k) => (gather ? `order[${k}]` : k),
      size: "dims.columns",
      type: data.type,
      load: data.load,
    }),
    unscaled: (sum: string) => (half ? `${sum} / control.lossScale` : sum),
    biasGradient: (from: string, to: string) => `
/** gb[i] = Σ dz[:, i]. */
fn biasGradient(i: u32) -> f32 {
  var sum = 0.0;
  for (var k = ${from}; k < ${to}; k++) { sum += ${a.number("k * dims.rows + i")}; }
  return sum;
}`,
  };
};
