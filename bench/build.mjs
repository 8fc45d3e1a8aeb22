import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const bench = fileURLToPath(new URL(".", import.meta.url));

/** Builds the library as it is shipped, and the reference apart, below bench/dist. */
export async function buildLibrary() {
  /** @type {import("vite").InlineConfig} */
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

/** Builds the command line, to be run by a program, into bench/dist/command. */
export async function buildCommand() {
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    ssr: { noExternal: true, external: ["webgpu", "@sparticuz/chromium"] },
    build: {
      ssr: `${bench}/command.ts`,
      target: "node20",
      minify: false,
      outDir: `${bench}/dist/command`,
      emptyOutDir: true,
      rolldownOptions: { output: { entryFileNames: "command.js", codeSplitting: false } },
    },
  });
}

/** Programs of the archive for a machine without npm, with all that they need but Dawn, and their licences. */
const programs = {
  main: `${bench}/portable/main.mjs`,
  probe: `${bench}/portable/probe.mjs`,
  suite: `${bench}/portable/suite.mjs`,
  native: `${bench}/runtimes/native.mjs`,
};

/** A test is all side effect, while the package declares that it has none. */
const keepTests = {
  name: "chainrule:keep-tests",
  transform: (_, id) => (id.endsWith(".test.ts") ? { moduleSideEffects: true } : undefined),
};

/**
 * Builds programs of the archive into a folder; the library has been built.
 * @param {string} outDir
 * @param {(keyof typeof programs)[]} [names]
 */
export async function buildPortable(outDir, names = /** @type {(keyof typeof programs)[]} */ (Object.keys(programs))) {
  await build({
    configFile: false,
    root,
    logLevel: "error",
    plugins: [keepTests],
    resolve: { alias: { vitest: `${bench}/portable/vitest.mjs` } },
    ssr: { noExternal: true, external: ["webgpu"] },
    build: {
      ssr: true,
      target: "es2022",
      minify: false,
      outDir,
      license: { fileName: "licenses/bundled.md" },
      rolldownOptions: {
        input: Object.fromEntries(names.map((name) => [name, programs[name]])),
        output: { entryFileNames: "[name].mjs", chunkFileNames: "parts/[name].mjs" },
      },
    },
  });
}
