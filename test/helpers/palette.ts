import type { Device } from "../../src/device/open.ts";
import type { Hardware } from "../../src/kernels/tile.ts";
import type { Plan } from "../../src/plan/types.ts";
import { posing } from "./disguise.ts";

/**
 * Sizes that share their shaders. A product's tile follows from its sizes, so that nearly every size is a shader of its own; of these
 * all products of a step have one tile on a device of 32 lanes: none is a multiple of 4, by which a kernel would load fours, each is
 * shared out in parts of 4 at most, and none is narrower than it is high. What is not about tiles is tested with them.
 */
export const INPUTS = 15;
/** Units of hidden layers: no fewer than a batch has rows, and no more from layer to layer. */
export const UNITS = [15, 11] as const;
export const OUTPUTS = 7;
/** Too many outputs to stay in registers. */
export const WIDE = 35;
/** The last batch of an epoch is partial by either. */
export const ROWS = 25;
export const BATCHES = [7, 4] as const;
/** Steps of two epochs of batches of 7. */
export const TWO_EPOCHS = 8;

/** What plans of the palette are made for. */
export const hardware: Hardware = { lanes: 32, subgroups: false };

/** A device that trains with the palette's tile. */
export const onPalette = (device: Device): Device => posing(device, hardware.lanes);

/** The tiles of a plan's products. */
export const tilesOf = ({ steps }: Plan) => steps.flatMap(({ variant }) => ("tile" in variant ? [variant.tile] : []));
