import { writeFile } from "node:fs/promises";
import process from "node:process";
import { measureNetwork } from "../measure.mjs";
import { webgpu } from "./webgpu.mjs";

/**
 * One network in Node (Dawn) or Deno (wgpu): `native.mjs OPTIONS OUT` writes what was measured to the file OUT.
 */

const [options, out] = [JSON.parse(process.argv[2]), process.argv[3]];
const log = (line) => console.log(`  ${line}`);
const node = !("Deno" in globalThis);
const gpu = await webgpu();
if (node) {
  const value = { gpu, userAgent: "Node", hardwareConcurrency: 2 };
  Object.defineProperty(globalThis, "navigator", { value, configurable: true, writable: true });
}
const result = await measureNetwork(options, log);
if (node && options.contestants.includes("chainrule")) {
  const { measureJavaScript } = await import("../javascript-time.mjs");
  try {
    result.javascriptMicroseconds = await measureJavaScript(options.network);
    log(`chainrule's JavaScript ${result.javascriptMicroseconds.toFixed(1)} µs a step`);
  } catch (error) {
    log(`chainrule's JavaScript was not measured: ${error.message}`);
  }
}
const runtime = node ? `Node ${process.versions.node}` : `Deno ${globalThis.Deno.version.deno}`;
await writeFile(out, JSON.stringify({ ...result, runtime }));
// Devices of the peers are still open, and would keep the process.
process.exit(gpu ? 0 : 1);
