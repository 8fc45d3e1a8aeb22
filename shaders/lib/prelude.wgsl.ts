/**
 * What stands before every kernel: the extensions it enables, the structs of its two uniforms, written from the one list that TypeScript uses too, and
 * the number of a workgroup in a grid that was spread over two dimensions.
 * @param extensions names of WGSL's extensions
 * @param control fields of the control block, with their types
 * @param dims names of the kernel's sizes
 */
export const prelude = (
  extensions: readonly string[],
  control: Readonly<Record<string, string>>,
  dims: readonly string[],
) => `${extensions.map((name) => `enable ${name};\n`).join("")}struct Control {
${Object.entries(control)
  .map(([name, type]) => `  ${name}: ${type},`)
  .join("\n")}
}
struct Dims {
${dims.map((name) => `  ${name}: u32,`).join("\n")}
}
@group(0) @binding(0) var<uniform> dims: Dims;
fn workgroupIndex(id: vec3u, count: vec3u) -> u32 { return id.x + id.y * count.x; }
`;
