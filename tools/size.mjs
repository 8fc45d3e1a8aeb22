import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, minifySync } from "vite";

/** What a page needs to train. */
const names = ["openDevice", "sequential", "dense", "sgd", "createTrainer"];

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Bundles what a page needs to train out of the library as it is built, and measures what the page loads.
 *
 * @typedef {{ bytes: number, gzipped: number }} Size Bytes of minified JavaScript, and of the same gzipped.
 * @returns {Promise<{ core: Size, later: Size }>} What is loaded at once, and what is loaded when it is first asked for.
 */
export async function measureCore() {
  const library = chunks(await build({ root, logLevel: "warn", build: { write: false } }));
  const bundle = chunks(
    await build({
      configFile: false,
      logLevel: "warn",
      plugins: [serve(new Map(library.map(({ fileName, code }) => [fileName, code])))],
      build: { write: false, target: "es2022", lib: { entry: "page.js", formats: ["es"] } },
    }),
  );
  /** @type {Set<string>} */
  const initial = new Set(bundle.flatMap(({ isEntry, fileName }) => (isEntry ? [fileName] : [])));
  for (const name of initial) {
    for (const next of bundle.find(({ fileName }) => fileName === name)?.imports ?? []) initial.add(next);
  }
  const part = (/** @type {boolean} */ atOnce) =>
    sizeOf(bundle.filter(({ fileName }) => initial.has(fileName) === atOnce));
  return { core: part(true), later: part(false) };
}

/** The page, and the library's files beside it, out of memory. @param {Map<string, string>} files @returns {import("vite").Plugin} */
function serve(files) {
  files.set("page.js", `export { ${names.join(", ")} } from "./index.js";`);
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

/** @param {readonly { code: string, fileName: string }[]} files @returns {Size} */
function sizeOf(files) {
  const sizes = files.map(({ code, fileName }) => {
    const minified = minifySync(fileName, code, { module: true }).code;
    return { bytes: Buffer.byteLength(minified), gzipped: gzipSync(minified, { level: 9 }).length };
  });
  return {
    bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    gzipped: sizes.reduce((sum, { gzipped }) => sum + gzipped, 0),
  };
}
