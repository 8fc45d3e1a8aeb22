import { writeFile } from "node:fs/promises";
import process from "node:process";
import { messageOf } from "../asked.mjs";
import { measureNetwork } from "../measure.mjs";
import { webgpu } from "./webgpu.mjs";

/**
 * One network in Node (Dawn) or Deno (wgpu): `native.mjs OPTIONS OUT` writes what was measured to the file OUT.
 */

const [asked = "{}", out = ""] = process.argv.slice(2);
const options = JSON.parse(asked);
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
    log(`chainrule's JavaScript was not measured: ${messageOf(error)}`);
  }
}
const runtime = node ? `Node ${process.versions.node}` : `Deno ${globalThis.Deno.version.deno}`;
await writeFile(out, JSON.stringify({ ...result, runtime }));
// Devices of the peers are still open, and would keep the process.
process.exit(gpu ? 0 : 1);
