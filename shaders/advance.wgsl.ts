import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { AdvanceVariant } from "../src/kernels/advance.ts";
import { advanceFunction } from "./lib/advance.wgsl.ts";

/** Begins a step in the control block. */
export const advanceSource = (variant: AdvanceVariant) => wgsl`
@group(0) @binding(1) var<storage, read_write> control: Control;

${advanceFunction(variant)}

@compute @workgroup_size(1)
fn main() { advance(); }
`;
