import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { TuneCache } from "../run/tune/types.ts";
import { writeWhole } from "./files.ts";

/** Where choices are kept: `$XDG_CACHE_HOME/chainrule`, or `~/.cache/chainrule`. A relative path counts for none. */
export function cacheFolder(base: string | undefined): string {
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"), "chainrule");
}

/** A cache of one file a key in a folder, which is made when it is needed. */
export function fileCache(folder: string): TuneCache {
  const pathOf = (key: string) =>
    join(folder, `tune-${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json`);
  return {
    get(key) {
      try {
        return readFileSync(pathOf(key), "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    set(key, text) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeWhole(pathOf(key), `${text}\n`);
    },
  };
}
