/** Colours of a pixel: red, green and blue. */
export const CHANNELS = 3;

/**
 * Mean squared error of a colour channel, on a scale where black is 0 and full brightness 1.
 * @param loss ½ Σⱼ (oⱼ − yⱼ)² over the three channels, averaged over pixels
 */
export const mseOf = (loss: number): number => (2 * loss) / CHANNELS;

/** Peak signal-to-noise ratio in dB, 10 log₁₀(1/MSE): infinite where every pixel is exact. */
export const psnrOf = (loss: number): number => 10 * Math.log10(1 / mseOf(loss));
