/** WebGPU's entry point in Node (Dawn) or Deno (wgpu). Keep it: Dawn takes its devices down with the object that they came from. */
export async function webgpu() {
  if ("Deno" in globalThis) return navigator.gpu;
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  return create([]);
}
