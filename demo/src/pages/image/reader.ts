import { type Aside, aside } from "../../aside.ts";
import { startWorker } from "../../scripts.ts";
import type { Picture, Source } from "./picture.ts";
import script from "./picture-worker.ts?worker&url";

/** What reads pictures, in a worker of its own. */
export type Reader = Aside<{
  /** @throws DataError */
  read(source: Source, longest: number): Promise<Picture>;
}>;

export const startReader = (): Reader => aside(startWorker(script, "picture"));
