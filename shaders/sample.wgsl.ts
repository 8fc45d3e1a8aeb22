import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { SampleVariant } from "../src/kernels/sample.ts";
import { elementwise } from "./lib/elementwise.wgsl.ts";
import { permutation } from "./lib/permutation.wgsl.ts";

/** order[i] = π(start + i), the rows that this step trains on; π is the epoch's permutation, or the identity. */
export const sampleSource = ({ shuffle }: SampleVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;                // seed, epoch, start, |B|
@group(0) @binding(2) var<storage, read_write> order: array<u32>;   // [batch]

${permutation}

#if ${shuffle}
${elementwise("control.rows", "order[i] = permute(control.start + i, control.dataRows, control.seed, control.epoch);")}
#else
${elementwise("control.rows", "order[i] = control.start + i;")}
#endif
`;
