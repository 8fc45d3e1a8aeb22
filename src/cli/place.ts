import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What is written one after the other. */
export type Pieces = Iterable<Uint8Array | string>;

/**
 * Writes a whole file or none, on the disk before it has its name; what had the name, be it a link, is replaced. In one go, so
 * that no signal's handler runs in between. A process that is killed leaves a file for `removeCutShort`.
 * @param check throws where the file is not to get its name after all
 */
export function placeWhole(
  path: string,
  pieces: Pieces,
  { mode = 0o666, check }: { readonly mode?: number; readonly check?: () => unknown } = {},
): void {
  // Without the file's own name, which may be as long as a name can be.
  const temporary = join(dirname(path), `.${process.pid}.${randomUUID()}.tmp`);
  try {
    const file = openSync(temporary, "wx", mode);
    try {
      for (const piece of pieces) writeFileSync(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    check?.();
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
