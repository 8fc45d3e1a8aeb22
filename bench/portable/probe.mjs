import { writeFile } from "node:fs/promises";
import process from "node:process";
import { describeAdapter } from "../adapter-info.mjs";
import { webgpu } from "../runtimes/webgpu.mjs";

/** `probe.mjs OUT` writes to the file OUT what the adapter of this environment tells of itself, or null where there is none. */

const adapter = await (await webgpu()).requestAdapter({ powerPreference: "high-performance" });
const [out = ""] = process.argv.slice(2);
await writeFile(out, JSON.stringify(adapter && describeAdapter(adapter)));
process.exit();
