/** A file of an archive. */
export interface Entry {
  /** With the folders that it lies in. */
  readonly name: string;
  readonly content: Buffer;
}

const BLOCK = 512;

/** The files of a tar archive whose names have at most 100 bytes, as those of @sparticuz/chromium; up to where it is damaged. */
export function* filesIn(archive: Buffer): Generator<Entry> {
  const textAt = (start: number, length: number) =>
    archive.toString("utf8", start, start + length).replace(/\0.*/s, "");
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const size = Number.parseInt(textAt(at + 124, 12), 8);
    const end = at + BLOCK + size;
    if (!(end <= archive.length)) return;
    // Of the kinds of entries, a file is 0.
    if (textAt(at + 156, 1) === "0") yield { name: textAt(at, 100), content: archive.subarray(at + BLOCK, end) };
    at = Math.ceil(end / BLOCK) * BLOCK;
  }
}
