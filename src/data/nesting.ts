/** The most levels of objects and lists in what this library reads: five in a network's description. */
const MOST_LEVELS = 8;

/** The fewest letters that an object or a list takes there, with its name, on average; and those that are not counted. */
const LEAST_LETTERS = 12;
const FREE = 64;

/**
 * Whether JSON nests as little as what this library reads, so that what is made of it takes memory as its text does. Lists in lists
 * take fifty times as much, and code that follows them as much of the stack.
 */
export function isPlainJson(text: string): boolean {
  let [levels, opened, quoted] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (quoted) {
      if (letter === "\\") i++;
      else quoted = letter !== '"';
    } else if (letter === '"') quoted = true;
    else if (letter === "}" || letter === "]") levels--;
    else if (letter === "{" || letter === "[") {
      opened++;
      if (++levels > MOST_LEVELS || LEAST_LETTERS * (opened - FREE) > i) return false;
    }
  }
  return true;
}
