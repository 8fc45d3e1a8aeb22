import { existsSync, lstatSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { runnerImport } from "vite";

/**
 * The command line's own SwiftShader, which the suites run on too, and the Chromium that it comes with. Vite reads the former, since
 * Node 20 takes no TypeScript, and nothing is built yet where tests are to run.
 */

/** @param {string} name */
const pathOf = (name) => fileURLToPath(new URL(`../src/cli/${name}.ts`, import.meta.url));

/** @type {{ module: typeof import("../src/cli/swiftshader.ts") }} */
const { module } = await runnerImport(pathOf("swiftshader"), { configFile: false, logLevel: "error" });
/** @type {{ module: typeof import("../src/cli/tar.ts") }} */
const { module: tar } = await runnerImport(pathOf("tar"), { configFile: false, logLevel: "error" });
/** @type {{ module: typeof import("../src/cli/whole-file.ts") }} */
const { module: files } = await runnerImport(pathOf("whole-file"), { configFile: false, logLevel: "error" });

export const { unpackSwiftShader } = module;

/** Written last, with the size of each file: a cleaner of temporary files may take some. */
const LIST = "files.json";

/**
 * Unpacks the headless Chromium below the system's temporary folder, once per user and version (some 210 MB, 2 s). Safe to call from
 * several processes at once: each file comes whole, and is the same from all of them.
 * @returns {{ chromium: string, environment: Record<string, string> }} with what it needs no system library beyond glibc and libgcc
 * @throws {Error} where @sparticuz/chromium is not installed, or the machine is not Linux on x86-64
 */
export function unpackChromium() {
  const folder = module.ownFolder("chromium");
  if (!isComplete(folder)) {
    /** @type {Record<string, number>} */
    const sizes = {};
    for (const { name, content } of contents(folder)) {
      const place = dirname(join(folder, name));
      mkdirSync(place, { recursive: true, mode: 0o700 });
      files.removeCutShort(place);
      files.placeOwn(join(folder, name), content, 0o700);
      sizes[name] = content.length;
    }
    files.placeOwn(join(folder, LIST), JSON.stringify(sizes));
  }
  return {
    chromium: join(folder, "chromium"),
    environment: { LD_LIBRARY_PATH: join(folder, "al2023", "lib"), FONTCONFIG_PATH: join(folder, "fonts") },
  };
}

/** @param {string} folder */
function isComplete(folder) {
  const list = join(folder, LIST);
  if (!existsSync(list)) return false;
  return Object.entries(JSON.parse(readFileSync(list, "utf8"))).every(
    ([name, size]) => lstatSync(join(folder, name), { throwIfNoEntry: false })?.size === size,
  );
}

/** The package's files: Chromium beside its own SwiftShader, fonts, and the libraries of Amazon Linux (NSS), which a bare machine lacks. */
function* contents(/** @type {string} */ folder) {
  yield { name: "chromium", content: unpacked("chromium.br") };
  for (const [archive, place] of /** @type {const} */ ([
    ["swiftshader.tar.br", "."],
    ["fonts.tar.br", "fonts"],
    ["al2023.tar.br", "al2023"],
  ])) {
    for (const { name, content } of tar.filesIn(unpacked(archive))) yield { name: join(place, name), content };
  }
  // After the package's own, which names folders of Lambda.
  yield { name: "fonts/fonts.conf", content: Buffer.from(fontsFor(folder)) };
}

/** @param {string} name */
const unpacked = (name) =>
  brotliDecompressSync(readFileSync(new URL(`../../bin/${name}`, import.meta.resolve("@sparticuz/chromium"))));

/** @param {string} folder */
const fontsFor = (folder) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, "fonts")}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(folder, "fonts-cache")}</cachedir>
</fontconfig>
`;
