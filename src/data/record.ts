/**
 * Records of CSV (RFC 4180) where they stand in a text. Each letter is looked at once, and nothing is kept of it, so that neither
 * time nor memory grows faster than the text, whatever it holds.
 */

const [comma, quote, lineFeed, carriageReturn] = [",", '"', "\n", "\r"].map((letter) => letter.charCodeAt(0));

/**
 * Where the cell that begins at `from` ends: at a comma, a line end or the text's end. A quote opens a cell only as its first letter;
 * blanks may follow the one that closes it.
 * @returns −1 for a quote that is never closed, −2 for text after a closing quote
 */
export function cellEnd(text: string, from: number): number {
  let at = from;
  const { length } = text;
  if (text.charCodeAt(from) !== quote) {
    while (at < length && !isEnd(text.charCodeAt(at))) at++;
    return at;
  }
  do {
    at = text.indexOf('"', at + 1) + 1;
    if (at === 0) return -1;
  } while (text.charCodeAt(at) === quote);
  while (at < length && !isEnd(text.charCodeAt(at))) if (text.charAt(at++).trim() !== "") return -2;
  return at;
}

const isEnd = (code: number): boolean => code === comma || code === lineFeed || code === carriageReturn;

export const isComma = (text: string, at: number): boolean => text.charCodeAt(at) === comma;

export const isQuote = (text: string, at: number): boolean => text.charCodeAt(at) === quote;

/** Where the line after the line end at `at` begins: CR and LF together are one. */
export const afterLineEnd = (text: string, at: number): number =>
  at + (text.charCodeAt(at) === carriageReturn && text.charCodeAt(at + 1) === lineFeed ? 2 : 1);

/** What a cell holds: without its quotes and the blanks around it, and with LF for line ends. */
export function cellText(text: string, from: number, end: number): string {
  if (!isQuote(text, from)) return text.slice(from, end).trim();
  const inner = text.slice(from + 1, text.lastIndexOf('"', end - 1));
  let cell = "";
  for (let at = 0; at < inner.length; ) {
    const to = partEnd(inner, at);
    cell += replaced(replaced(replaced(inner.slice(at, to), '""', '"'), "\r\n", "\n"), "\r", "\n");
    at = to;
  }
  return cell.trim();
}

/** As `replaceAll`, or a regular expression, of which V8 takes up to eight times as long where every letter is replaced. */
const replaced = (part: string, what: string, by: string): string => part.split(what).join(by);

/** Letters whose quotes and line ends are replaced at once: V8 makes a list of what stands between them, 8 bytes each or more. */
const partLength = 65_536;

/** Where a part of what was in quotes ends that begins at `from`: neither between two quotes that are one, nor within a line end. */
function partEnd(inner: string, from: number): number {
  const to = from + partLength;
  if (to >= inner.length) return inner.length;
  let quotes = 0;
  while (to - quotes > from && isQuote(inner, to - quotes - 1)) quotes++;
  return to - (quotes % 2 === 1 || inner.charCodeAt(to - 1) === carriageReturn ? 1 : 0);
}

/** The cells of the record that begins at `from`, of which so many are known to be whole. */
export function cellsFrom(text: string, from: number, count: number): string[] {
  const cells: string[] = [];
  for (let at = from; cells.length < count; ) {
    const end = cellEnd(text, at);
    cells.push(cellText(text, at, end));
    at = end + 1;
  }
  return cells;
}

/** Line ends from `from` to before `to`. */
export function countLineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === lineFeed || (code === carriageReturn && text.charCodeAt(at + 1) !== lineFeed)) count++;
  }
  return count;
}

/** Names parted by commas, one that holds a comma, a quote or a line end in quotes, as a row of CSV; undefined where a quote is broken. */
export function namesIn(text: string): string[] | undefined {
  const names: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = cellEnd(text, at);
    if (end < 0) return undefined;
    const name = cellText(text, at, end);
    if (name !== "") names.push(name);
    at = isComma(text, end) ? end + 1 : afterLineEnd(text, end);
  }
  return names;
}
