import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { OperandOf } from "../src/kernels/index.ts";
import type { LayerUpdateVariant } from "../src/kernels/layer-update.ts";
import type { Operand } from "../src/kernels/types.ts";
import { gradientOf } from "./lib/gradient.wgsl.ts";
import { productOf } from "./lib/product.wgsl.ts";
import { inBuffers, stateType, updateFunction } from "./lib/update.wgsl.ts";

const purposes: Readonly<Record<Exclude<OperandOf<"layerUpdate">, "control">, string>> = {
  dz: "∂J/∂z [batch, rows]",
  x: "the layer's input [batch or data rows, columns]",
  w: "W [rows, columns], updated in place",
  state: "optimizer state of W",
  bias: "b [rows], updated in place",
  biasState: "optimizer state of b",
  squares: "Σ of the squares of what decays, a part an invocation, as it was before the update",
  order: "row of the data for each row of the batch",
  copy: "W rounded to f16",
};

/**
 * W and b of a layer updated in place out of gW = dzᵀ x and gb = Σ dz, which are never stored. No kernel that runs after it in
 * the same step may read W or b. Nothing is written once the run has halted, or in a step that is skipped.
 * @param operands in the order of the bindings, which depends on the variant
 */
export const layerUpdateSource = async (
  variant: LayerUpdateVariant,
  operands: readonly Operand<OperandOf<"layerUpdate">>[],
) => {
  const { optimizer, decay, biasDecay, bias, penalty, half = false, copy, tile } = variant;
  const { declarations, a, b, unscaled, biasGradient } = gradientOf(variant);
  const types: Readonly<Record<string, string>> = {
    order: "u32",
    dz: a.type,
    x: b.type,
    copy: "f16",
  };
  const type = (name: string) => types[name] ?? (name.endsWith("tate") ? stateType(optimizer) : "f32");
  const halt = "if (control.halted != 0u) { return; }";
  // A step that f16 deltas skip has a penalty all the same.
  const [before, apart] = half && penalty ? ["", halt] : [halt, ""];
  const bindings = operands.map(({ name, access }, index) =>
    name === "control"
      ? "@group(0) @binding(1) var<uniform> control: Control;"
      : `@group(0) @binding(${index + 1}) var<storage, ${access === "readWrite" ? "read_write" : "read"}> ${name}: array<${type(name)}>;  // ${purposes[name]}`,
  );
  const product = await productOf(tile);
  return wgsl`
${bindings.join("\n")}
${declarations}

var<private> squareSum: f32;

${updateFunction({ optimizer, decay }, "updateWeight", inBuffers(optimizer, "w", "state"))}
#if ${bias}
${updateFunction({ optimizer, decay: biasDecay }, "updateBias", inBuffers(optimizer, "bias", "biasState"))}
${biasGradient("0u", "control.rows")}
#endif

${product({
  tile,
  rows: "dims.rows",
  inner: "control.rows",
  columns: "dims.columns",
  a,
  b,
  before,
  store: `let at = i * dims.columns + j;
  ${penalty && decay ? "squareSum += w[at] * w[at];" : ""}
  ${apart}
  updateWeight(at, ${unscaled("value")});
  ${copy ? "copy[at] = f16(w[at]);" : ""}`,
  eachRow: bias
    ? `${penalty && biasDecay ? "squareSum += bias[i] * bias[i];" : ""}
  ${apart}
  updateBias(i, ${unscaled("biasGradient(i)")});`
    : undefined,
  after: penalty ? "squares[dims.offset + part] = squareSum;" : "",
})}
`;
};
