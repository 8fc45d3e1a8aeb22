import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { elementwise } from "./lib/elementwise.wgsl.ts";

/** An f16 copy of a parameter, elementwise. */
export const halveSource = () => wgsl`
@group(0) @binding(1) var<storage, read> parameter: array<f32>;
@group(0) @binding(2) var<storage, read_write> copy: array<f16>;

${elementwise("dims.elements", "copy[i] = f16(parameter[i]);")}
`;
