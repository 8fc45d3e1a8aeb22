import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where the text of a licence is that packages name without having it. */
const texts: Readonly<Record<string, string>> = { "Apache-2.0": "node_modules/typescript/LICENSE.txt" };

/**
 * `licenses.txt`: those of chainrule and of every package that a file of the site comes of. What workers load is bundled by itself,
 * before the page is: Vite's own list knows the page's alone.
 */
export function licenses(): { readonly page: Plugin; readonly worker: () => Plugin } {
  const folders = new Set<string>();
  const note = (
    bundle: Readonly<Record<string, { readonly type: string; readonly moduleIds?: readonly string[] }>>,
  ) => {
    for (const { moduleIds = [] } of Object.values(bundle)) {
      for (const id of moduleIds) {
        const folder = folderOf(id);
        if (folder !== undefined) folders.add(folder);
      }
    }
  };
  return {
    worker: () => ({ name: "chainrule:worker-licenses", generateBundle: (_, bundle) => note(bundle) }),
    page: {
      name: "chainrule:licenses",
      apply: "build",
      generateBundle(_, bundle) {
        note(bundle);
        const own = readFileSync(join(root, "LICENSE"), "utf8");
        const others = [...folders].map(licenseIn).sort();
        this.emitFile({
          type: "asset",
          fileName: "licenses.txt",
          source: [`chainrule\n\n${own}`, ...others].join(rule),
        });
      },
    },
  };
}

const rule = `\n${"-".repeat(72)}\n\n`;

/** Of the package that a module comes of; undefined for the project's own. */
function folderOf(id: string): string | undefined {
  const [path = ""] = id.replace(/^\0/, "").split("?");
  const at = path.lastIndexOf("/node_modules/");
  if (at < 0) return undefined;
  for (let folder = dirname(path); folder.length > at; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    // A folder within a package may have one that only says what kind of modules it holds.
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).version !== undefined) return folder;
  }
  return undefined;
}

function licenseIn(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const path = file ? join(folder, file) : texts[license] && join(root, texts[license]);
  const text = path ? readFileSync(path, "utf8").trim() : "";
  return `${name} ${version}: ${license}\n\n${text}\n`;
}
