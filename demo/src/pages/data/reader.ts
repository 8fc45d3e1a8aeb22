import { type Aside, aside } from "../../aside.ts";
import { startWorker } from "../../scripts.ts";
import type { TableContract } from "./contract.ts";
import script from "./table-worker.ts?worker&url";

/** A table in a worker of its own. */
export type Reader = Aside<TableContract["methods"]>;

export const startReader = (): Reader => aside(startWorker(script, "table"));
