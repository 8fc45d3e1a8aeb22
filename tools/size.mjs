import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, minifySync } from "vite";
import { strict } from "./warnings.mjs";

/** `npm run size`: what a page that trains loads of the library as `npm run build` has built it, minified and gzipped. */

/** Most bytes, gzipped, of what is loaded at once: devices, layers, sgd, the trainer, and what most plans need. */
export const BUDGET = 25_000;

/** What a page needs to train. */
const needed = ["openDevice", "sequential", "dense", "sgd", "createTrainer"];

/** Of dist/, what is not of the library itself. */
const apart = ["cli.js", "table.js"];

const dist = new URL("../dist/", import.meta.url);

/**
 * A file of the page's bundle.
 *
 * @typedef {object} File
 * @property {string} fileName
 * @property {string} name The library's file that it is made of; `page` for what the page loads first.
 * @property {boolean} atOnce Whether the page loads it at once, or when it is first asked for.
 * @property {string} code
 */

/** Bundles what a page needs to train out of the library as `npm run build` has built it. @returns {Promise<File[]>} */
export async function bundlePage() {
  const names = readdirSync(dist).filter((name) => name.endsWith(".js") && !apart.includes(name));
  const library = names.map((name) => /** @type {const} */ ([name, readFileSync(new URL(name, dist), "utf8")]));
  const bundle = chunks(
    await build({
      configFile: false,
      logLevel: "warn",
      plugins: [serve(new Map(library))],
      build: {
        write: false,
        target: "es2022",
        lib: { entry: "page.js", formats: ["es"], fileName: "page" },
        rolldownOptions: strict,
      },
    }),
  );
  /** @type {Set<string>} */
  const initial = new Set(bundle.flatMap(({ isEntry, fileName }) => (isEntry ? [fileName] : [])));
  for (const name of initial) {
    for (const next of bundle.find(({ fileName }) => fileName === name)?.imports ?? []) initial.add(next);
  }
  return bundle.map(({ fileName, code, moduleIds }) => ({
    fileName,
    name: (moduleIds.at(-1) ?? "").replace(/^\0|\.js$/g, ""),
    atOnce: initial.has(fileName),
    code,
  }));
}

/**
 * Measures what a page that trains loads.
 *
 * @typedef {{ bytes: number, gzipped: number }} Size Bytes of minified JavaScript, and of the same gzipped.
 * @returns {Promise<{ core: Size, later: Readonly<Record<string, Size>> }>} What is loaded at once, and each file that is loaded when
 *   it is first asked for.
 */
export async function measureCore() {
  const files = await bundlePage();
  const sizes = files.filter(({ atOnce }) => atOnce).map(sizeOf);
  return {
    core: {
      bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
      gzipped: sizes.reduce((sum, { gzipped }) => sum + gzipped, 0),
    },
    later: Object.fromEntries(files.filter(({ atOnce }) => !atOnce).map((file) => [file.name, sizeOf(file)])),
  };
}

/** The page, and the library's files beside it, out of memory. @param {Map<string, string>} files @returns {import("vite").Plugin} */
function serve(files) {
  files.set("page.js", `export { ${needed.join(", ")} } from "./index.js";`);
  const nameOf = (/** @type {string} */ id) => id.replace(/^.*[/\\]/, "");
  return {
    name: "chainrule:size",
    enforce: "pre",
    resolveId: (id) => (files.has(nameOf(id)) ? { id: `\0${nameOf(id)}`, moduleSideEffects: false } : undefined),
    load: (id) => files.get(id.slice(1)),
  };
}

/** @param {Awaited<ReturnType<typeof build>>} built */
function chunks(built) {
  if (!Array.isArray(built)) throw new Error("size: a build that gives no list of outputs");
  return built.flatMap(({ output }) => output.flatMap((one) => (one.type === "chunk" ? [one] : [])));
}

/** @param {File} file @returns {Size} */
function sizeOf({ code, fileName }) {
  const minified = minifySync(fileName, code, { module: true }).code;
  return { bytes: Buffer.byteLength(minified), gzipped: gzipSync(minified, { level: 9 }).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { core, later } = await measureCore();
  const line = (/** @type {string} */ name, /** @type {Size} */ { gzipped, bytes }, limit = "") =>
    `${name.padEnd(18)}${gzipped.toLocaleString("en").padStart(8)}${limit}  (${bytes.toLocaleString("en")} minified)`;
  console.log("bytes gzipped of what a page loads to train");
  console.log(line("at once", core, ` of ${BUDGET.toLocaleString("en")}`));
  console.log("and when it is first asked for");
  for (const [name, size] of Object.entries(later)) console.log(line(name, size));
  process.exitCode = core.gzipped <= BUDGET ? 0 : 1;
}
