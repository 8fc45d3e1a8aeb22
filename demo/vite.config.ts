import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { strict } from "../tools/warnings.mjs";
import { digitsFile } from "./digits-file.ts";
import { licenses } from "./licenses.ts";
import { offline } from "./offline.ts";
import { policy } from "./policy.ts";
import { project, published } from "./project.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const { page, worker } = licenses();

/**
 * One file of all shaders, each of which would be a request of its own otherwise: the pages show most kinds of plans. For the same
 * reason much is loaded at once that the library by itself imports when it is asked for.
 */
const rolldownOptions = {
  ...strict,
  checks: { ...strict.checks, ineffectiveDynamicImport: false },
  output: { codeSplitting: { groups: [{ name: "shaders", test: /\/shaders\/.*\.wgsl\.ts$/ }] } },
};

/** The demo: `npm run dev`, `npm run build:demo`, `npm run preview`. Relative links, so that it can be served from any path. */
export default defineConfig({
  root: path("."),
  base: "./",
  // Where the library is that the pages name as others do, tsconfig.json says.
  resolve: { tsconfigPaths: true },
  define: { __VERSION__: JSON.stringify(project.version), __REPOSITORY__: JSON.stringify(project.repository) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    outDir: path("dist"),
    emptyOutDir: true,
    rolldownOptions,
  },
  worker: { format: "es", rolldownOptions, plugins: () => [worker()] },
  plugins: [digitsFile(), offline(), published(), page, policy()],
});
