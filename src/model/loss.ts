/**
 * The losses ℓ(o, y) of one sample:
 *
 * - `halfSquaredError`: ½ Σⱼ (oⱼ − yⱼ)², targets `[rows, outputs]`;
 * - `softmaxCrossEntropy`: log Σⱼ exp oⱼ − o_y, where o are logits and the target y is a class number `[rows]`.
 */
export const losses = ["halfSquaredError", "softmaxCrossEntropy"] as const;

export type Loss = (typeof losses)[number];
