import { chmod } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import type { Plugin, UserConfig } from "vite";
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { readLaunch } from "./tools/browser.mjs";
import { TEST_LIMIT } from "./tools/limit.mjs";
import { compactShaders } from "./tools/shaders.mjs";
import { strict } from "./tools/warnings.mjs";

/** Loaded by whoever runs the library, where it is installed; never bundled. */
const external = ["webgpu", "@sparticuz/chromium", /^node:/];

/**
 * What dist/core.js imports only when it is asked for, or a plan needs it, and what dist/index.js alone names. The one list of these
 * files, by which the tests of the package go too.
 */
export const later = {
  files: /src\/(run\/(checkpoint|progress|resume)|data\/(nesting|safetensors))\.ts$/,
  // With the shaders that evaluate() needs: of trainings only those with a wide output do too.
  inference:
    /(src\/(plan\/build\/inference|run\/(inference|predictor|probe|verdict))|shaders\/(loss|record)\.wgsl)\.ts$/,
  read: /src\/(run\/(tensor-value|unpack)|model\/float16)\.ts$/,
  calls: /src\/(kernels\/control-after|model\/misfit|run\/(change|calls|readback))\.ts$/,
  diagnosis: /src\/(run\/(numeric|faults)|plan\/limit-error|device\/(lost|refusals|shader-error|wrap))\.ts$/,
  node: /src\/device\/(dawn|polling)\.ts$/,
  textbook:
    /shaders\/(textbook|(activation|advance|decay-gradient|gather-rows|gradient-multiply|matmul|penalty|sample|sum-rows|weight-update)\.wgsl)\.ts$/,
  "whole-steps": /(src\/(plan\/passes\/one-dispatch|device\/resident)|shaders\/(steps|(register|whole)-steps\.wgsl))\.ts$/,
  staged: /shaders\/lib\/staged-product\.wgsl\.ts$/,
  split: /shaders\/(split|(layer-gradient|split-update)\.wgsl)\.ts$/,
  reuse: /src\/plan\/passes\/reuse\.ts$/,
  half: /(src\/plan\/passes\/half-precision|shaders\/(halve|lib\/half-store)\.wgsl)\.ts$/,
  format: /src\/plan\/(describe|format|format-bytes|labels)\.ts$/,
  planning: /src\/run\/plan\.ts$/,
  reference: /src\/(cpu|reference)\//,
  sweep: /src\/(run\/(sweep|variants)|plan\/passes\/variants)\.ts$/,
  tune: /src\/(run\/tune\/|plan\/(check|tiles))/,
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
      ...strict,
      // A number that a file takes from another stands where it is used: as an import it is a name in the chunk.
      optimization: { inlineConst: { mode: "all" } },
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
      ...strict,
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
      ...strict,
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

/** The demo's modules name the library as pages do, and tsconfig.json says where it is. */
const resolve = { tsconfigPaths: true };

/** Each suite has half of the cores, since another runs beside it. */
const maxWorkers = Math.max(1, Math.floor(availableParallelism() / 2));

/** What needs no GPU, all files of a worker in one context: it takes less than to import the library for each. */
const unit: TestProjectInlineConfiguration = {
  extends: true,
  resolve,
  test: {
    name: "unit",
    environment: "node",
    include: testsOf(["test/unit"]),
    isolate: false,
    maxWorkers,
    sequence: { groupOrder: 1 },
  },
};

/** Dawn in Node, on one device for all: a shader that two files use is compiled once. */
const gpu: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "gpu",
    environment: "node",
    include: testsOf(["test/gpu", "test/counts"]),
    globalSetup: "test/node/setup.ts",
    setupFiles: ["test/helpers/polling.ts", "test/helpers/pipelines.ts"],
    isolate: false,
    maxWorkers: 1,
    sequence: { groupOrder: 2 },
  },
};

/** The command line and the package, what runs in process on one device too. */
const command: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "command",
    environment: "node",
    include: testsOf(["test/node"]),
    globalSetup: "test/node/setup.ts",
    setupFiles: ["test/helpers/polling.ts", "test/helpers/pipelines.ts"],
    isolate: false,
    maxWorkers: 1,
    sequence: { groupOrder: 3 },
  },
};

const deno: TestProjectInlineConfiguration = {
  extends: true,
  resolve,
  test: {
    name: "deno",
    environment: "node",
    include: testsOf(["test/gpu/kernels", "test/gpu/api"], ["test/gpu/plans", "test/unit"]),
    setupFiles: "test/helpers/pipelines.ts",
    isolate: false,
    maxWorkers: 1,
  },
};

const browser: TestProjectInlineConfiguration = {
  extends: true,
  // Found only while tests run, a dependency would be bundled then, and the page would reload under them.
  optimizeDeps: { include: ["wgsl-preprocessor/wgsl-preprocessor.js"], exclude: ["webgpu"] },
  test: {
    name: "browser",
    include: testsOf(["test/gpu/api"], ["test/gpu/kernels", "test/gpu/plans"]),
    isolate: false,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      // How long a browser takes to start is the machine's affair too.
      connectTimeout: TEST_LIMIT,
      provider: playwright({ launchOptions: readLaunch() }),
      instances: [{ browser: "chromium" }],
    },
  },
};

/** The built demo in Chromium, driven from Node. */
const demo: TestProjectInlineConfiguration = {
  extends: true,
  resolve,
  test: {
    name: "demo",
    environment: "node",
    include: testsOf(["test/demo"]),
    globalSetup: ["test/node/setup.ts", "test/demo/setup.ts"],
    maxWorkers: 1,
  },
};

export default defineConfig(({ mode }) => ({
  ...({ cli, table }[mode] ?? library),
  test: {
    testTimeout: TEST_LIMIT,
    hookTimeout: TEST_LIMIT,
    teardownTimeout: 60_000,
    // Deno's workers do not end cleanly as threads.
    pool: "forks",
    allowOnly: false,
    passWithNoTests: false,
    exclude: configDefaults.exclude,
    projects: [unit, gpu, command, deno, browser, demo],
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
