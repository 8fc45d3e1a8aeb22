import { visible as seen } from "../brief.ts";
import { DataError } from "../errors.ts";
import { refuse, show } from "../model/options.ts";
import { checkText } from "./check.ts";

/** Longest text that V8 holds, in letters. */
const longestText = 0x1fffffe8;

/**
 * The text of a file.
 * @param file name for error messages
 * @throws DataError where it is too long, or no UTF-8; ModelError where it is no Uint8Array
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  checkText("decodeText", "file", file);
  if (!ArrayBuffer.isView(bytes) || bytes.BYTES_PER_ELEMENT !== 1) {
    refuse("decodeText", show(bytes), "the bytes of a file", "give them as a Uint8Array");
  }
  if (bytes.length > longestText) {
    throw new DataError({
      where: file,
      got: `a table of ${Math.ceil(bytes.length / 2 ** 20)} MiB`,
      expected: "at most 511 MiB",
      remedy: "leave out rows or columns",
    });
  }
  try {
    // No text holds a 0, but UTF-16 is full of them.
    if (!bytes.includes(0)) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Said below.
  }
  throw new DataError({
    where: file,
    got: "bytes that are no text in UTF-8",
    expected: "text in UTF-8",
    remedy: "save the table as CSV in UTF-8",
  });
}

/** Text in one line in which nothing is hidden, as messages have it: `\n` for a line end, `\u{202e}` for what turns a direction. */
export function visible(text: string): string {
  checkText("visible", "text", text);
  return seen(text);
}
