import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A source file with what it names. Paths are relative to the repository, with slashes. */
interface Source {
  readonly path: string;
  /** Files of the repository that it imports. */
  readonly files: readonly string[];
  /** Modules that it imports from elsewhere; a dynamic import of something computed reads `import(…)`. */
  readonly modules: readonly string[];
  readonly identifiers: ReadonlySet<string>;
}

const slashed = (path: string) => relative(root, path).replaceAll("\\", "/");

/** Reads imports, exports from, dynamic imports and import types off the syntax tree, comments and strings aside. */
function readSource(path: string, text = readFileSync(path, "utf8")): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022);
  const [files, modules, identifiers] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const add = (specifier: ts.Node | undefined) => {
    if (specifier === undefined) return;
    if (!ts.isStringLiteralLike(specifier)) modules.add("import(…)");
    else if (specifier.text.startsWith(".")) files.add(slashed(resolve(dirname(path), specifier.text)));
    else modules.add(specifier.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) identifiers.add(node.text);
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0]);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { path: slashed(path), files: [...files], modules: [...modules], identifiers };
}

/** The sources of some folders by their paths. */
const sourcesOf = (...folders: readonly string[]): ReadonlyMap<string, Source> =>
  new Map(
    folders
      .flatMap((folder) =>
        readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
          .filter((name) => /\.tsx?$/.test(name))
          .map((name) => readSource(resolve(root, folder, name))),
      )
      .map((source) => [source.path, source]),
  );

const sources = sourcesOf("src", "shaders");
const demo = sourcesOf("demo/src");

/** `src/model/layer.ts` lies in `model`, `src/errors.ts` in `errors`, `shaders/lib/reduce.wgsl.ts` in `shaders`. */
const areaOf = (path: string): string => {
  const [first = "", second = ""] = path.split("/");
  return first === "src" ? second.replace(/\.ts$/, "") : first;
};

/**
 * The areas that each area may import beside itself: model ← kernels ← plan ← device ← run ← cli, and errors by all. A
 * shader is the WGSL half of its kernel, whose variants it names; the device alone asks for it. The reference works on plans, and
 * sees no WGSL; cpu trains with it, beside run.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  brief: [],
  errors: ["brief"],
  model: ["errors", "brief"],
  shaders: ["model", "kernels"],
  kernels: ["model", "errors"],
  plan: ["kernels", "model", "errors"],
  reference: ["plan", "kernels", "model", "errors"],
  device: ["shaders", "plan", "kernels", "model", "errors"],
  data: ["model", "errors", "brief"],
  run: ["device", "plan", "kernels", "model", "data", "errors", "brief", "package.json"],
  cpu: ["run", "reference", "plan", "kernels", "model", "data", "errors"],
  index: ["cpu", "run", "device", "plan", "kernels", "model", "data", "errors"],
  table: ["data", "errors"],
  cli: ["run", "device", "plan", "kernels", "model", "data", "errors", "brief", "package.json"],
};

/** The files that a file reaches, itself included. */
function reach(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const next of sources.get(path)?.files ?? []) reach(next, seen);
  return seen;
}

const areas = [...new Set([...sources.keys()].map(areaOf))];

/**
 * Files that reach each other, by whatever imports, those of types and those that are loaded late too: the strongly connected
 * components of more than one file (Tarjan 1972), and files that import themselves.
 */
function cyclesOf(graph: ReadonlyMap<string, Source>): string[][] {
  const cycles: string[][] = [];
  /** Files in the order of their first visit, and the earliest of the open ones that each reaches. */
  const [numbers, earliest] = [new Map<string, number>(), new Map<string, number>()];
  const open: string[] = [];
  const visit = (path: string): number => {
    const number = numbers.size;
    numbers.set(path, number);
    open.push(path);
    let least = number;
    const next = (graph.get(path)?.files ?? []).filter((file) => graph.has(file));
    for (const file of next) {
      if (!numbers.has(file)) least = Math.min(least, visit(file));
      else if (open.includes(file)) least = Math.min(least, earliest.get(file) ?? numbers.get(file) ?? 0);
    }
    earliest.set(path, least);
    if (least === number) {
      const component = open.splice(open.indexOf(path));
      if (component.length > 1 || next.includes(path)) cycles.push(component.sort());
    }
    return least;
  };
  for (const path of graph.keys()) if (!numbers.has(path)) visit(path);
  return cycles;
}

describe("imports", () => {
  it("are read from every area of the design", () => {
    expect(areas.sort()).toEqual(Object.keys(allowed).sort());
  });

  it.each(Object.keys(allowed))("of %s point one way", (area) => {
    const within = [area, ...(allowed[area] ?? [])];
    const astray = [...sources.values()]
      .filter(({ path }) => areaOf(path) === area)
      .flatMap(({ path, files }) =>
        files.filter((file) => !within.includes(areaOf(file))).map((file) => `${path} imports ${file}`),
      );
    expect(astray).toEqual([]);
  });

  it("name files with their extension, that are there", () => {
    const known = (file: string) => sources.has(file) || file === "package.json";
    const missing = [...sources.values()].flatMap(({ path, files }) =>
      files.filter((file) => !known(file)).map((file) => `${path} imports ${file}`),
    );
    expect(missing).toEqual([]);
  });

  it("lead to the shaders by the pipelines alone", () => {
    const importers = [...sources.values()].filter(
      ({ path, files }) => areaOf(path) !== "shaders" && files.some((file) => areaOf(file) === "shaders"),
    );
    expect(importers.map(({ path }) => path)).toEqual(["src/device/pipelines.ts"]);
  });

  it("form no cycle, not even by types or by what is loaded late", () => {
    expect(cyclesOf(sources)).toEqual([]);
    expect(cyclesOf(demo)).toEqual([]);
  });

  it.each([
    'import { b } from "./b.ts";',
    'import type { b } from "./b.ts";',
    'import { type b } from "./b.ts";',
    'import "./b.ts";',
    'export * from "./b.ts";',
    'export type { b } from "./b.ts";',
    'export const b = () => import("./b.ts");',
    'export type B = import("./b.ts").b;',
  ])("would be found to form one by %s", (text) => {
    /** A graph of files, each by its text; b leads back to a through c. */
    const graphOf = (files: Readonly<Record<string, string>>) =>
      new Map(Object.entries(files).map(([name, text]) => [name, readSource(resolve(root, name), text)] as const));
    const rest = {
      "d.ts": 'import { b } from "./b.ts"; import { c } from "./c.ts";',
      "c.ts": 'export * from "./a.ts";',
    };
    expect(cyclesOf(graphOf({ ...rest, "a.ts": text, "b.ts": 'import { c } from "./c.ts";' }))).toEqual([
      ["a.ts", "b.ts", "c.ts"],
    ]);
    expect(cyclesOf(graphOf({ ...rest, "a.ts": text, "b.ts": "// Leads nowhere." }))).toEqual([]);
    expect(cyclesOf(graphOf({ "b.ts": text }))).toEqual([["b.ts"]]);
  });

  it("never lead from what runs on the GPU to the reference", () => {
    const reached = [...sources.keys()]
      .filter((path) => ["device", "run", "cli"].includes(areaOf(path)))
      .flatMap((path) => [...reach(path)]);
    expect(reached.map(areaOf)).not.toContain("reference");
    // The same walk finds the reference where it is.
    expect([...reach("src/reference/run.ts")]).toContain("src/reference/matmul.ts");
  });
});

describe("the library", () => {
  it("reaches no module but the preprocessor of shaders, and the adapter that it is asked to load", () => {
    const modules = [...reach("src/index.ts")].flatMap((path) => sources.get(path)?.modules ?? []);
    expect([...new Set(modules)].sort()).toEqual(["import(…)", "wgsl-preprocessor/wgsl-preprocessor.js"]);
  });

  it("leaves the reader of CSV and every built-in of Node to the command line", () => {
    const reached = [...reach("src/index.ts")];
    expect(reached).not.toContain("src/data/csv.ts");
    expect(reached.map(areaOf)).not.toContain("cli");
    // The walk would see them: the command line reaches both.
    const modules = [...reach("src/cli/main.ts")].flatMap((path) => sources.get(path)?.modules ?? []);
    expect(modules).toEqual(expect.arrayContaining(["papaparse", "node:fs"]));
  });
});

describe("the demo", () => {
  const pages = [...demo.values()];

  it("uses the library's public surface alone", () => {
    const outside = pages.flatMap(({ path, files }) =>
      files.filter((file) => !file.startsWith("demo/")).map((file) => `${path} imports ${file}`),
    );
    expect(outside).toEqual([]);
    // The same walk sees what the pages take from the library.
    expect(pages.flatMap(({ modules }) => modules)).toContain("chainrule");
  });
});

describe("what is pure data or its twin", () => {
  it.each(["model", "kernels", "plan", "reference", "data"])("%s names no object of WebGPU", (area) => {
    const named = [...sources.values()]
      .filter(({ path }) => areaOf(path) === area)
      .flatMap(({ path, identifiers }) =>
        [...identifiers].filter((name) => name.startsWith("GPU")).map((name) => `${path} names ${name}`),
      );
    expect(named).toEqual([]);
  });

  it("would be found to name one, as the device does", () => {
    const device = [...sources.values()].filter(({ path }) => areaOf(path) === "device");
    expect(device.some(({ identifiers }) => identifiers.has("GPUDevice"))).toBe(true);
  });
});
