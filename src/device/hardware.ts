import type { Hardware } from "../kernels/tile.ts";
import type { Device } from "./open.ts";

/** What plans want to know of a device. */
export const hardwareOf = ({ gpu, adapter }: Device): Hardware => ({
  lanes: adapter.lanes,
  subgroups: gpu.features.has("subgroups"),
});
