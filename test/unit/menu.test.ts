import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { scripts } from "../../package.json" with { type: "json" };

/** `npm run` is the menu: whatever a person may run is in it, and README.md says what it is for. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(resolve(root, path), "utf8");

/** Files of a folder that are written by hand, with slashes, relative to the repository. */
const filesOf = (folder: string, ending: RegExp): string[] =>
  readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => ending.test(path) && !/\/(node_modules|dist|bundle|results|golden)\//.test(path));

const programs = ["tools", "bench"].flatMap((folder) => filesOf(folder, /\.(mjs|py)$/));
const readers = [
  ...["tools", "bench", "test", "demo"].flatMap((folder) => filesOf(folder, /\.(mjs|tsx?|html)$/)),
  "vite.config.ts",
].map((path) => ({ path, text: read(path) }));

const commands = Object.entries(scripts);
const nameOf = (path: string) => path.replace(/^.*\//, "");

/** Whether another file imports it, or names it in a string: it builds on it, or starts it. */
const isUsed = (path: string) =>
  readers.some((other) => other.path !== path && new RegExp(`["\`/]${nameOf(path)}["\`]`).test(other.text));

/** Whether it does something of itself when it is started, though others may import it. */
const isCommand = (path: string) => /process\.argv\[1\] ===/.test(read(path));

const isListed = (path: string) => commands.some(([, command]) => command.split(" ").includes(path));

describe("npm run", () => {
  it("has every program of tools/ and bench/ that no other starts", () => {
    const hidden = programs.filter((path) => !isListed(path) && !isUsed(path));
    expect(hidden).toEqual([]);
    // Those that others import too, all but what `npm run bench` starts.
    expect(programs.filter((path) => isCommand(path) && !isListed(path))).toEqual(["bench/javascript-time.mjs"]);
    expect(commands.map(([, command]) => command).join("\n")).toContain("test/golden/generate.py");
  });

  it("names programs that are there", () => {
    const paths = commands.flatMap(([, command]) => command.match(/\b(?:tools|bench|test)\/\S+/g) ?? []);
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) expect(() => read(path)).not.toThrow();
  });

  it("is told whole by README.md, under Development", () => {
    const section = /\n## Development\n[\s\S]*?(?=\n## )/.exec(read("README.md"))?.[0] ?? "";
    const told = [...section.matchAll(/^\| `npm (?:run )?([a-z:]+)[ `]/gm)].map(([, name]) => name);
    // npm runs it by itself.
    expect(told.toSorted()).toEqual(
      Object.keys(scripts)
        .filter((name) => name !== "prepack")
        .sort(),
    );
  });
});

describe("a setting is written once:", () => {
  it.each([
    ["--cached-only", "tools/deno.mjs"],
    ["DENO_WEBGPU_BACKEND = ", "tools/adapter.mjs"],
    ["CHAINRULE_BROWSER", "tools/browser.mjs"],
    ["bundlerTimings", "tools/warnings.mjs"],
    ["= 600_000", "tools/limit.mjs"],
    ["function median(", "bench/median.mjs"],
    ["[message, usage]", "bench/asked.mjs"],
  ])("%s", (word, place) => {
    const found = readers.flatMap(({ path, text }) =>
      text.includes(word) && !path.endsWith("menu.test.ts") ? [path] : [],
    );
    expect(found).toEqual([place]);
  });
});
