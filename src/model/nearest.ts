/** The remedy for a name that is none of `words`: to write the one most like it, if any is. */
export function remedyFor(name: string, words: readonly string[], otherwise: string): string {
  const likely = nearest(name, words);
  return likely === undefined ? otherwise : `write ${likely}`;
}

/** The most edits that are tried: each takes three times as long as the one before. */
const MOST = 4;

/**
 * The word that takes the fewest edits to become `name`, where these are fewer than half its letters. Case and what parts words
 * do not count: `learning_rate` is `learningRate`.
 */
export function nearest(name: string, words: readonly string[]): string | undefined {
  for (let edits = 0; edits <= MOST && 2 * edits < name.length; edits++) {
    const found = words.find((word) => isNear(plain(name), plain(word), edits));
    if (found !== undefined) return found;
  }
  return undefined;
}

const plain = (name: string): string => name.toLowerCase().replace(/[_ -]/g, "");

/** Whether at most so many insertions, deletions and replacements turn `a` into `b`. */
function isNear(a: string, b: string, edits: number): boolean {
  if (a === b) return true;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return isNear(restA, restB, edits);
  return edits > 0 && (isNear(restA, b, edits - 1) || isNear(a, restB, edits - 1) || isNear(restA, restB, edits - 1));
}
