import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../demo/src/", import.meta.url));
const all = readdirSync(root, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
const read = (path: string) => readFileSync(`${root}${path}`, "utf8");

/** What stands in strings and in attributes of sources: names of classes among others. */
const wordsIn = (paths: readonly string[]): ReadonlySet<string> =>
  new Set(
    paths.flatMap((path) =>
      (read(path).match(/"[^"\n]*"|`[^`]*`/g) ?? []).flatMap((text) => text.match(/[\w-]+/g) ?? []),
    ),
  );

const sheets = all.filter((path) => path.endsWith(".css"));
const sources = all.filter((path) => path.endsWith(".tsx"));
const folderOf = (path: string): string => dirname(path);
const ofPage = (path: string): boolean => path.startsWith("pages/");

describe("the demo's style sheets", () => {
  it("are found", () => {
    expect(new Set(sheets.filter(ofPage).map(folderOf)).size).toBe(6);
  });

  // Once loaded, a page's sheet stays while other pages are shown.
  it.each(sheets.filter(ofPage))("%s holds within its own page", (path) => {
    const topLevel = read(path).match(/^\S.*$/gm);
    expect(topLevel).toEqual([expect.stringMatching(/^\.[\w-]+ \{$/), "}"]);
    const [, name = ""] = /^\.([\w-]+)/.exec(read(path)) ?? [];
    const users = sources.filter((source) => ofPage(source) && wordsIn([source]).has(name));
    expect([...new Set(users.map(folderOf))]).toContain(folderOf(path));
    const others = sheets.filter((other) => ofPage(other) && folderOf(other) !== folderOf(path));
    expect(others.map((other) => read(other).startsWith(`.${name} {`))).not.toContain(true);
  });

  it.each(sheets)("%s names no class that nothing has", (path) => {
    const words = wordsIn(
      sources.filter((source) => !ofPage(path) || !ofPage(source) || folderOf(source) === folderOf(path)),
    );
    const selectors =
      read(path)
        .match(/^.*[{,]$/gm)
        ?.filter((line) => !line.includes("@media")) ?? [];
    const classes = selectors.flatMap((line) => [...line.matchAll(/\.([a-z][\w-]*)/g)].map(([, name = ""]) => name));
    expect(classes.length).toBeGreaterThan(0);
    expect(classes.filter((name) => !words.has(name))).toEqual([]);
  });
});
