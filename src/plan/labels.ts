import type { Call, KernelName, VariantOf } from "../kernels/index.ts";
import { SPLIT_ROWS } from "../kernels/layer-gradient.ts";
import { tileLabel } from "../kernels/tile.ts";
import { type UpdateVariant, updateFormula } from "../kernels/weight-update.ts";
import type { Activation } from "../model/activation.ts";
import type { Decay } from "../model/optimizer.ts";

/** What a printed plan says of a kernel's variant. Apart from the kernels, since only a printed plan needs it. */
const labels: { readonly [N in KernelName]: (variant: VariantOf<N>) => string } = {
  activation: ({ activation }) => activation,
  advance: ({ schedule, decay }) => `t ← t + 1, ${schedule} η, ${decayLabel(decay)}`,
  begin: ({ schedule, decay, shuffle, closing }) =>
    closing
      ? "record L, s of the last step"
      : `record L, s of the step before; t ← t + 1, ${schedule} η, ${decayLabel(decay)}, rows ${shuffle ? "π(seed, epoch)" : "in order"}`,
  decayGradient: () => "gW + λ̃W",
  gatherRows: ({ bytes }) => `${rowsLabel(bytes)} in this step's order`,
  gradientMultiply: ({ activation }) => `${activation}′`,
  halve: () => "rounded to f16",
  layerBackward: ({ activation, tile }) => `(dz W) ⊙ ${activation}′, ${tileLabel(tile)}`,
  layerForward: ({ activation, bias, gather, bytes, tile }) =>
    `${layerLabel(activation, bias)}${gatherLabel(gather, bytes)}, ${tileLabel(tile)}`,
  layerGradient: ({ bias, tile }) =>
    `dzᵀ x${bias ? " and Σ dz" : ""} in parts of ${SPLIT_ROWS} rows, ${tileLabel(tile)}`,
  layerUpdate: (variant) =>
    `W by dzᵀ x, ${updateLabel(variant)}${variant.bias ? `; b by Σ dz: ${updateFormula({ ...variant, decay: variant.biasDecay })}` : ""}, ${tileLabel(variant.tile)}`,
  loss: ({ loss, slope }) => (slope === "identity" ? loss : `${loss}, ⊙ ${slope}′`),
  matmul: ({ transposeA, transposeB, bias }) =>
    `${transposeA ? "aᵀ b" : transposeB ? "a bᵀ" : "a b"}${bias ? " + bias" : ""}`,
  outputLoss: ({ activation, bias, gather, bytes, loss, units }) =>
    `${loss}(${layerLabel(activation, bias)}, y)${gatherLabel(gather, bytes)}, ${units} outputs in registers`,
  penalty: () => "‖W‖²",
  record: ({ penalty }) => (penalty ? "L = Σℓ, s = λ̃/2 Σ‖W‖², J = L + s" : "J = L = Σℓ"),
  sample: ({ shuffle }) => (shuffle ? "π(seed, epoch) of start + i" : "start + i"),
  splitUpdate: (variant) =>
    `W by Σ of the parts, ${updateLabel(variant)}${variant.bias ? `; b: ${updateFormula({ ...variant, decay: variant.biasDecay })}` : ""}`,
  sumRows: () => "Σ over the batch",
  weightUpdate: updateLabel,
  wholeSteps: ({ words, group, registers }) =>
    registers
      ? `whole steps in one dispatch: parameters in registers, gradients summed over rows in ${group} parts`
      : `whole steps in one dispatch: ${group} invocations, ${4 * words} bytes of workgroup memory`,
};

/** What a printed plan says of a call. */
export const labelOf = (call: Call): string =>
  (labels[call.kernel] as (variant: Call["variant"]) => string)(call.variant);

const decayLabel = (decay: Decay): string => ({ "per-batch": "λ̃ = λ", "per-step": "λ̃ = λ|B|" })[decay];

const rowsLabel = (bytes = false): string => (bytes ? "rows of bytes" : "rows");

const gatherLabel = (gather: boolean, bytes?: boolean): string => (gather ? `, ${rowsLabel(bytes)} by order` : "");

const layerLabel = (activation: Activation, bias: boolean): string => {
  const z = `x Wᵀ${bias ? " + b" : ""}`;
  return activation === "identity" ? z : `${activation}(${z})`;
};

function updateLabel(variant: UpdateVariant): string {
  return `${variant.optimizer}: ${updateFormula(variant)}`;
}
