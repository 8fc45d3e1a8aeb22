/** What mends a name that is none of `words`: to write the one that it is a misspelling of, if it is. */
export function remedyForName(name: string, words: readonly string[], otherwise: string): string {
  const likely = nearest(name, words);
  return likely === undefined ? otherwise : `write ${likely}`;
}

/** The most edits that are tried: each takes four times as long as the one before. */
const MOST = 4;

/**
 * The word that `name` is a misspelling of: the one of fewest edits, of which two letters bear none, three to six bear one, and
 * each four more another one. Another word is no misspelling: the first letter and the digits must be the same, so that neither
 * `gelu` is `relu` nor `W3` is `W1`. Case and what parts words do not count, nor does `size` at the end: `learning_rate` is
 * `learningRate`, `batch_size` is `batch`.
 */
export function nearest(name: string, words: readonly string[]): string | undefined {
  const given = plain(name);
  for (let edits = 0; edits <= MOST && 4 * edits <= given.length + 1; edits++) {
    const found = words.find((word) => {
      const known = plain(word);
      return given[0] === known[0] && digits(given) === digits(known) && isNear(given, known, edits);
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

const plain = (name: string): string => name.toLowerCase().replace(/[_ -]|size$/g, "");

const digits = (name: string): string => name.replace(/\D/g, "");

/** Whether at most so many insertions, deletions, replacements and exchanges of neighbours turn `a` into `b`. */
function isNear(a: string, b: string, edits: number): boolean {
  if (a === b) return true;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return isNear(restA, restB, edits);
  const exchanged = b.slice(1, 2) + b.slice(0, 1) + b.slice(2);
  return (
    edits > 0 &&
    [
      [restA, b],
      [a, restB],
      [restA, restB],
      [a, exchanged],
    ].some(([x, y]) => isNear(x as string, y as string, edits - 1))
  );
}
