import { chmod } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import type { Plugin, UserConfig } from "vite";
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { compactShaders } from "./tools/shaders.mjs";

/** Loaded by whoever runs the library, where it is installed; never bundled. */
const external = ["webgpu", "@sparticuz/chromium", /^node:/];

/** What dist/core.js imports only when it is asked for, or a plan needs it, and what dist/index.js alone names. */
const later = {
  files: /src\/(run\/(checkpoint|progress|resume)|data\/safetensors)\.ts$/,
  // With the shaders that evaluate() needs: of trainings only those with a wide output do too.
  inference: /(src\/(plan\/build\/inference|run\/(inference|predictor|probe|rows))|shaders\/(loss|record)\.wgsl)\.ts$/,
  read: /src\/(run\/(tensor-value|unpack)|model\/float16)\.ts$/,
  diagnosis: /src\/(run\/numeric|plan\/limit-error|device\/(refusals|shader-error))\.ts$/,
  node: /src\/device\/dawn\.ts$/,
  textbook:
    /shaders\/(activation|advance|decay-gradient|gather-rows|gradient-multiply|matmul|penalty|sample|sum-rows|weight-update)\.wgsl\.ts$/,
  "whole-steps": /(src\/(plan\/passes\/one-dispatch|device\/resident)|shaders\/(register|whole)-steps\.wgsl)\.ts$/,
  staged: /shaders\/lib\/staged-product\.wgsl\.ts$/,
  split: /shaders\/(layer-gradient|split-update)\.wgsl\.ts$/,
  half: /(src\/plan\/passes\/half-precision|shaders\/(halve|lib\/half-store)\.wgsl)\.ts$/,
  format: /src\/plan\/(describe|format|format-bytes|labels)\.ts$/,
  planning: /src\/run\/plan\.ts$/,
  reference: /src\/(cpu|reference)\//,
  sweep: /src\/(run\/(sweep|variants)|plan\/passes\/variants)\.ts$/,
  tune: /src\/(run\/tune\/|plan\/tiles)/,
};

/**
 * `vite build`: the library, for browsers, Deno and Node alike. dist/index.js names what there is and dist/core.js trains. The
 * rest lies in files of its own: what core.js imports only when it is asked for, and what index.js alone names.
 */
const library: UserConfig = {
  plugins: [compactShaders(), declarations("index")],
  build: {
    target: "es2022",
    minify: false,
    sourcemap: true,
    license: { fileName: "licenses.md" },
    lib: { entry: "src/index.ts", formats: ["es"], fileName: "index" },
    rolldownOptions: {
      external,
      // A chunk of modules without all that they import needs it; index.js still exports what src/index.ts does.
      preserveEntrySignatures: "allow-extension",
      output: {
        chunkFileNames: "[name].js",
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: Object.entries(later)
            .map(([name, test]) => ({ name, test, priority: 1 }))
            .concat({ name: "core", test: /(?<!src\/index\.ts)$/, priority: 0 }),
        },
      },
    },
  },
};

const errors = /\/src\/errors\.ts$/;

/** `vite build --mode table`: what reads tables, dist/table.js. Its errors are those of dist/index.js. */
const table: UserConfig = {
  plugins: [declarations("table")],
  build: {
    ...library.build,
    emptyOutDir: false,
    license: { fileName: "table-licenses.md" },
    lib: { entry: "src/table.ts", formats: ["es"], fileName: "table" },
    rolldownOptions: {
      external: [...external, errors],
      output: { paths: (id) => (errors.test(id) ? "./index.js" : id) },
    },
  },
};

/** `vite build --mode cli`: the command line, dist/cli.js, with all it needs but the adapters. */
const cli: UserConfig = {
  plugins: [compactShaders(), executable("dist/cli.js")],
  ssr: { noExternal: true, external: ["webgpu", "@sparticuz/chromium"] },
  build: {
    target: "node20",
    minify: false,
    emptyOutDir: false,
    license: { fileName: "cli-licenses.md" },
    ssr: "src/cli/main.ts",
    rolldownOptions: {
      external,
      output: { entryFileNames: "cli.js", codeSplitting: false, banner: "#!/usr/bin/env node" },
    },
  },
};

/**
 * `npm test` runs `*.test.ts`; `npm run test:all` runs `*.full.test.ts`, and in Deno and Chromium what `npm test` leaves to Node.
 * test/README.md says what each tier guards.
 */
const full = process.env.CHAINRULE_TIER === "full";

/** Of the folders, the tests of this tier. @param elsewhere folders that the other tier leaves out */
const testsOf = (folders: readonly string[], elsewhere: readonly string[] = []): string[] =>
  full
    ? [...folders, ...elsewhere]
        .map((folder) => `${folder}/**/*.full.test.ts`)
        .concat(elsewhere.map((folder) => `${folder}/**/!(*.full).test.ts`))
    : folders.map((folder) => `${folder}/**/!(*.full).test.ts`);

/** What tools/adapter.mjs found; the runtimes are started by tools/vitest.mjs. */
const chromium = JSON.parse(process.env.CHAINRULE_BROWSER ?? "{}");

const node: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "node",
    environment: "node",
    include: testsOf(["test/unit", "test/gpu", "test/counts", "test/node"]),
    setupFiles: "test/helpers/polling.ts",
  },
};

const deno: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "deno",
    environment: "node",
    include: testsOf(["test/gpu/kernels", "test/gpu/api"], ["test/gpu/plans"]),
  },
};

const browser: TestProjectInlineConfiguration = {
  extends: true,
  // Found only while tests run, a dependency would be bundled then, and the page would reload under them.
  optimizeDeps: { include: ["wgsl-preprocessor/wgsl-preprocessor.js"], exclude: ["webgpu"] },
  test: {
    name: "browser",
    include: testsOf(["test/gpu/api"], ["test/gpu/kernels", "test/gpu/plans"]),
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: { ...chromium, env: { ...process.env, ...chromium.env } },
      }),
      instances: [{ browser: "chromium" }],
    },
  },
};

/** The built demo in Chromium, driven from Node: one visitor at a time, since some measure time. */
const demo: TestProjectInlineConfiguration = {
  extends: true,
  resolve: {
    alias: [
      { find: /^chainrule$/, replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)) },
      { find: /^chainrule\/table$/, replacement: fileURLToPath(new URL("src/table.ts", import.meta.url)) },
    ],
  },
  test: {
    name: "demo",
    environment: "node",
    include: testsOf(["test/demo"]),
    globalSetup: "test/demo/setup.ts",
    fileParallelism: false,
    testTimeout: 240_000,
  },
};

export default defineConfig(({ mode }) => ({
  ...({ cli, table }[mode] ?? library),
  test: {
    // A software adapter compiles a pipeline in up to a second, and on a slow machine two suites share its cores.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 10_000,
    // Workers of Node's and Deno's suites: Deno's do not end cleanly as threads.
    pool: "forks",
    maxWorkers: 2,
    allowOnly: false,
    passWithNoTests: false,
    exclude: configDefaults.exclude,
    projects: [node, deno, browser, demo],
  },
}));

/** dist/<name>.d.ts, over the declarations that tsconfig.build.json puts into dist/types. */
function declarations(name: string): Plugin {
  return {
    name: "chainrule:declarations",
    apply: "build",
    generateBundle() {
      const source = `export * from "./types/src/${name}.ts";\n`;
      this.emitFile({ type: "asset", fileName: `${name}.d.ts`, source });
    },
  };
}

function executable(path: string): Plugin {
  return { name: "chainrule:executable", apply: "build", writeBundle: () => chmod(path, 0o755) };
}
