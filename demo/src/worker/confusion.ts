/** How often each class was taken for each: `[classes, classes]`, down the true class, across the predicted one. */
export function confusionOf(actual: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes * classes).fill(0);
  for (let i = 0; i < actual.length; i++) {
    const at = (actual[i] ?? 0) * classes + (predicted[i] ?? 0);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}
