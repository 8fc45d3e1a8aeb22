/** What mends a name that is none of `words`: to write the one that it is a misspelling of, if it is. */
export function remedyForName(name: string, words: readonly string[], otherwise: string): string {
  const likely = nearest(name, words);
  return likely === undefined ? otherwise : `write ${likely}`;
}

/**
 * The word that `name` is a misspelling of: the one of fewest edits, of which two letters bear none, three to six bear one, and
 * each four more another one. Another word is no misspelling: the first letter and the digits must be the same, so that neither
 * `gelu` is `relu` nor `W3` is `W1`. Case and what parts words do not count, nor does `size` at the end: `learning_rate` is
 * `learningRate`, `batch_size` is `batch`. Each edit takes four times as long as the one before, so there are four at most, and the
 * names and lists that a file may hold are looked at no further than to the 100th letter and the 5000th word.
 */
export function nearest(name: string, words: readonly string[]): string | undefined {
  const given = plain(name);
  for (let edits = 0; edits <= 4 && 4 * edits <= given.length + 1 && given.length < 100; edits++) {
    const found = words.slice(0, 5000).find((word) => {
      const known = plain(word);
      return fixed(given) === fixed(known) && isNear(given, known, edits);
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

const plain = (name: string): string => name.toLowerCase().replace(/[_ -]|size$/g, "");

/** The first letter, and the digits. */
const fixed = (name: string): string => name[0] + name.replace(/\D/g, "");

/** Whether at most so many insertions, deletions, replacements and exchanges of neighbours turn `a` into `b`. */
function isNear(a: string, b: string, edits: number): boolean {
  if (a === b) return true;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return isNear(restA, restB, edits);
  const left = edits - 1;
  return (
    left >= 0 &&
    (isNear(restA, b, left) ||
      isNear(a, restB, left) ||
      isNear(restA, restB, left) ||
      isNear(a, b.replace(/(.)(.)/s, "$2$1"), left))
  );
}
