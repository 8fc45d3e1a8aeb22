import { type Aside, aside } from "../../aside.ts";
import type { TableContract } from "./contract.ts";

/** A table in a worker of its own. */
export type Reader = Aside<TableContract["methods"]>;

export const startReader = (): Reader =>
  aside(new Worker(new URL("./table-worker.ts", import.meta.url), { type: "module", name: "table" }));
