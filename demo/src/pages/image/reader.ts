import { type Aside, aside } from "../../aside.ts";
import type { Picture, Source } from "./picture.ts";

/** What reads pictures, in a worker of its own. */
export type Reader = Aside<{
  /** @throws DataError */
  read(source: Source, longest: number): Promise<Picture>;
}>;

export const startReader = (): Reader =>
  aside(new Worker(new URL("./picture-worker.ts", import.meta.url), { type: "module", name: "picture" }));
