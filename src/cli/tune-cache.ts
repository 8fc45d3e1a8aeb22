import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { TuneCache } from "../run/tune/types.ts";
import { fileError } from "./files.ts";
import { placeOwn, readPlain, removeCutShort } from "./whole-file.ts";

/** Bytes of a file, eight times what the tuner takes for one of its own: what is longer is not even read. */
const MOST = 2 ** 16;

/** Where choices are kept: `$XDG_CACHE_HOME/chainrule`, or `~/.cache/chainrule`. A relative path counts for none. */
export function cacheFolder(base: string | undefined): string {
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"), "chainrule");
}

/** A cache of one file a key in a folder, which is made when it is needed. Others may have put there what they like. */
export function fileCache(folder: string): TuneCache {
  const pathOf = (key: string) =>
    join(folder, `tune-${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json`);
  return {
    get: (key) => readPlain(pathOf(key), MOST)?.toString("utf8"),
    set(key, text) {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        removeCutShort(folder);
        placeOwn(pathOf(key), `${text}\n`);
      } catch (error) {
        throw fileError(folder, error, "a folder for what is tuned", "set XDG_CACHE_HOME to another, or make room");
      }
    },
  };
}
