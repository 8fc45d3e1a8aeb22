import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const bench = fileURLToPath(new URL(".", import.meta.url));

/** Builds the library as it is shipped, and the reference apart, below bench/dist. */
export async function buildLibrary() {
  const options = { root, logLevel: "warn" };
  await build({ ...options, build: { outDir: `${bench}/dist/chainrule`, emptyOutDir: true } });
  await build({
    ...options,
    build: {
      outDir: `${bench}/dist/reference`,
      emptyOutDir: true,
      lib: { entry: `${bench}/reference.ts`, formats: ["es"], fileName: "reference" },
    },
  });
}

/** Builds the page that measures in a browser, with the library and the peers, into bench/dist/page. */
export async function buildPage() {
  await build({
    configFile: false,
    root: `${bench}/runtimes`,
    logLevel: "error",
    build: { target: "es2022", outDir: `${bench}/dist/page`, emptyOutDir: true, chunkSizeWarningLimit: 1e5 },
  });
}
