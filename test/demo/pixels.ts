/** Of two pictures' pixels, red, green, blue and alpha of 0 to 255 each, by its definition. */
export function psnrBetween(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const squares = Array.from(one, (value, i) => (i % 4 === 3 ? 0 : ((value - (other[i] ?? 0)) / 255) ** 2));
  return -10 * Math.log10(squares.reduce((sum, square) => sum + square, 0) / (0.75 * one.length));
}

/** What it takes to draw the best constant: its PSNR is that of the picture's own variance. */
export function psnrOfMean(pixels: readonly number[]): number {
  const mean = [0, 1, 2].map(
    (channel) => pixels.reduce((sum, value, i) => sum + (i % 4 === channel ? value : 0), 0) / (pixels.length / 4),
  );
  return psnrBetween(
    pixels,
    pixels.map((value, i) => mean[i % 4] ?? value),
  );
}
