import { addressFormat } from "./address.ts";
import { configFormat } from "./config.ts";
import type { Format } from "./format.ts";
import { modelFormat } from "./model.ts";
import { storageFormat } from "./storage.ts";
import { tableFormat } from "./table.ts";
import { tuneFormat } from "./tune.ts";

/** The formats by the names that `npm run fuzz` takes. */
export const formats: Readonly<Record<string, () => Format | Promise<Format>>> = {
  table: tableFormat,
  model: modelFormat,
  config: configFormat,
  tune: tuneFormat,
  address: addressFormat,
  storage: storageFormat,
};
