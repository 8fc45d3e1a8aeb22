/**
 * The losses ℓ(o, y) of one sample:
 *
 * - `halfSquaredError`: ½ Σⱼ (oⱼ − yⱼ)², targets `[rows, outputs]`;
 * - `softmaxCrossEntropy`: log Σⱼ exp oⱼ − o_y, where o are logits and the target y is a class number `[rows]`.
 */
export const losses = ["halfSquaredError", "softmaxCrossEntropy"] as const;

export type Loss = (typeof losses)[number];

/** Whether a target of each is the number of a class, rather than a row of values. */
export const takesClasses: Readonly<Record<Loss, boolean>> = { halfSquaredError: false, softmaxCrossEntropy: true };

/** The function that each applies to the outputs itself, where it takes logits. */
export const decoders: Readonly<Record<Loss, string>> = { halfSquaredError: "", softmaxCrossEntropy: "softmax" };
