import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

/**
 * The command line's own SwiftShader, which the suites run on too. Vite reads it, since Node 20 takes no TypeScript, and nothing is
 * built yet where tests are to run.
 */

const path = fileURLToPath(new URL("../src/cli/swiftshader.ts", import.meta.url));

/** @type {{ module: typeof import("../src/cli/swiftshader.ts") }} */
const { module } = await runnerImport(path, { configFile: false, logLevel: "error" });

export const { unpackSwiftShader } = module;
