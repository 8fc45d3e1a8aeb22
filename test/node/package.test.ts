import { dirname, join } from "node:path";
import { parseAst } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Consumer, install, type Packed, pack, readText, root } from "./package/consumer.ts";
import { visit } from "./package/page.ts";
import { run } from "./package/process.ts";
import { accuraciesOf, blocks, commands, example, pieces } from "./package/readme.ts";

/** The package as somebody gets it: packed, installed into an empty folder, and used as README.md says. */

let packed: Packed;
/** Without any other package, as for a page or Deno. */
let bare: Consumer;
/** With what a user in Node and TypeScript installs beside it. */
let complete: Consumer;

beforeAll(async () => {
  packed = await pack();
  bare = await install(packed, "bare", []);
  complete = await install(packed, "complete", ["webgpu", "@webgpu/types"]);
  for (const { write } of [bare, complete]) write("spirals.mjs", example);
  bare.write(
    "index.html",
    '<!doctype html><link rel="icon" href="data:," /><script type="module" src="/spirals.mjs"></script>',
  );
});
afterAll(() => packed?.remove());

function expectTrained(output: string): void {
  const { epochs, end } = accuraciesOf(output);
  expect(epochs).toHaveLength(60);
  expect(epochs[0]).toBeLessThan(0.8);
  expect(epochs.at(-1)).toBeGreaterThan(0.95);
  expect(end).toBeGreaterThan(0.95);
  expect(end).toBeLessThanOrEqual(1);
}

describe("the README's example", () => {
  it("is one complete program of at most 25 lines", () => {
    expect(example).toContain('from "chainrule"');
    expect(example.trim().split("\n").length).toBeLessThanOrEqual(25);
  });

  it("trains in Node", async () => {
    expectTrained(await complete.run(process.execPath, "spirals.mjs"));
  });

  it("trains in Deno, without a permission and without another package", async () => {
    const deno = join(root, "node_modules/deno/bin.cjs");
    const flags = ["--no-config", "--no-lock", "--cached-only", "--no-prompt", "--node-modules-dir=manual"];
    expectTrained(await bare.run(process.execPath, deno, "run", ...flags, "spirals.mjs"));
  });

  it.each(["development", "build"] as const)(
    "trains in a page that Vite serves, %s, without another package",
    async (serving) => {
      expectTrained(await visit(bare, serving, "accuracy on other points"));
    },
  );
});

describe("the README's shorter programs", () => {
  it("run one after the other, after the example", async () => {
    const last = "device.destroy();\n";
    expect(example.endsWith(last)).toBe(true);
    expect(pieces.length).toBeGreaterThan(5);
    for (const [index, piece] of pieces.entries()) complete.write(`piece-${index}.mjs`, piece);
    const imports = pieces.map((_, index) => `await import("./piece-${index}.mjs");\nconsole.log("ran ${index}");\n`);
    const given = "Object.assign(globalThis, { device, trainer, spirals });\n";
    complete.write("pieces.mjs", [example.slice(0, -last.length), given, ...imports, last].join(""));
    const output = await complete.run(process.execPath, "pieces.mjs");
    expect(output.match(/^ran \d+$/gm)).toEqual(pieces.map((_, index) => `ran ${index}`));
  });
});

describe("the installed package", () => {
  it("has no dependencies", () => {
    const manifest = JSON.parse(readText(bare.installed, "package.json"));
    expect(manifest).not.toHaveProperty("dependencies");
    for (const peer of Object.keys(manifest.peerDependencies)) {
      expect(manifest.peerDependenciesMeta[peer]).toEqual({ optional: true });
    }
  });

  it("holds the build, its licences and its documents, and nothing else", () => {
    const known =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/(((cli|table)-)?licenses\.md|(index|cli|rolldown-runtime)\.js|(core|files|inference|read|diagnosis|node|whole-steps|staged|split|half|textbook|format|planning|reference|sweep|table|tune)\.js(\.map)?|(index|table)\.d\.ts|types\/(src|shaders)\/.*\.d\.ts))$/;
    expect(packed.files.filter((path) => !known.test(path))).toEqual([]);
    expect(packed.files).toEqual(
      expect.arrayContaining([
        ...["package.json", "README.md", "CHANGELOG.md", "LICENSE", "dist/licenses.md", "dist/cli-licenses.md"],
        ...["dist/index.js", "dist/core.js", "dist/files.js", "dist/index.d.ts", "dist/cli.js"],
        ...["dist/table.js", "dist/table.d.ts"],
      ]),
    );
  });

  it("has source maps that bring their sources along and name no place outside", () => {
    const scripts = packed.files.filter((path) => path.endsWith(".js"));
    for (const script of scripts) {
      for (const [, map = ""] of readText(bare.installed, script).matchAll(/^\/\/# sourceMappingURL=(.*)$/gm)) {
        expect(packed.files).toContain(join(dirname(script), map));
      }
    }
    const maps = packed.files.filter((path) => path.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(0);
    for (const map of maps) {
      const { sources, sourcesContent } = JSON.parse(readText(bare.installed, map));
      expect(sources.length).toBeGreaterThan(0);
      expect(sourcesContent).toHaveLength(sources.length);
      expect(sourcesContent.every((content: unknown) => typeof content === "string")).toBe(true);
      expect(sources.filter((source: string) => !/^\.\.\/(src|shaders|node_modules)\//.test(source))).toEqual([]);
    }
  });

  it("imports nothing but its own files, and what training does not need only when it is asked for", () => {
    const imports = (name: string) => [...new Set(importsOf(readText(bare.installed, "dist", name)))].sort();
    for (const path of packed.files.filter((path) => /^dist\/.*\.js$/.test(path) && path !== "dist/cli.js")) {
      const elsewhere = imports(path.slice("dist/".length)).filter(
        (name) => !packed.files.includes(join("dist", `${name}`)),
      );
      expect(elsewhere, path).toEqual([]);
    }
    expect(imports("core.js")).toEqual(
      ["diagnosis", "files", "half", "inference", "node", "read", "split", "staged", "textbook", "whole-steps"].map(
        (name) => `./${name}.js`,
      ),
    );
    expect(readText(bare.installed, "dist/core.js")).not.toMatch(/^import /m);
  });

  it("exports what src/index.ts does, and nothing else", async () => {
    const built = await bare.run(
      process.execPath,
      "--eval",
      'import("chainrule").then((names) => console.log(JSON.stringify(Object.keys(names))))',
    );
    expect(JSON.parse(built).sort()).toEqual(Object.keys(await import("../../src/index.ts")).sort());
  });

  it("reads tables, with the library's own errors", async () => {
    bare.write(
      "table.mjs",
      `import { DataError } from "chainrule";
import { readCsv } from "chainrule/table";
try { readCsv("a,b\\n1\\n", "t.csv"); } catch (error) { console.log(error instanceof DataError, error.line, error.column); }
`,
    );
    expect(await bare.run(process.execPath, "table.mjs")).toBe("true 2 2\n");
  });

  it("says in Node which package is missing", async () => {
    const { status, stderr } = await run(bare.folder, process.execPath, ["spirals.mjs"]);
    expect(status).not.toBe(0);
    expect(stderr).toContain(
      "openDevice: got Node without the package webgpu, expected WebGPU; run npm install webgpu.",
    );
  });

  it.each(["bundler", "nodenext"])("has types that resolve with moduleResolution %s", async (resolution) => {
    complete.write("spirals.ts", example);
    complete.write("misuse.ts", misuse);
    complete.write("given.d.ts", given);
    for (const [index, block] of blocks.entries()) complete.write(`readme-${index + 1}.ts`, `${block}export {};\n`);
    complete.write("tsconfig.json", JSON.stringify(tsconfig(resolution)));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    expect(await complete.run(process.execPath, tsc, "--project", ".")).toBe("");
  });
});

describe("the installed command", () => {
  const command = (...args: string[]) => bare.run(join(bare.folder, "node_modules/.bin/chainrule"), ...args);

  it("starts", async () => {
    expect(await command("--help")).toMatch(/^Usage: chainrule /);
    const { version } = JSON.parse(readText(root, "package.json"));
    expect(await command("--version")).toBe(`${version}\n`);
  });

  it("knows every command and option that the README names", async () => {
    expect(commands.map(({ args: [name] }) => name)).toEqual(expect.arrayContaining(["train", "predict", "plan"]));
    for (const {
      args: [name = "", ...rest],
    } of commands) {
      const help = await command(name, "--help");
      for (const option of rest.filter((word) => word.startsWith("--"))) expect(help).toContain(`  ${option} `);
    }
  });

  it("prints the plans that the README shows", async () => {
    const shown = commands.filter(({ output }) => output.trim() !== "");
    expect(shown).toHaveLength(2);
    for (const { args, output } of shown) expect(await command(...args)).toBe(output);
  });
});

/** What a program imports, statically or by a dynamic import of a name that can be read off the source. */
function importsOf(source: string): unknown[] {
  const found: unknown[] = [];
  const importing = ["ImportDeclaration", "ExportAllDeclaration", "ExportNamedDeclaration", "ImportExpression"];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, source } = node as { type?: string; source?: { type: string; value?: unknown } | null };
    if (importing.includes(type ?? "") && source?.type === "Literal") found.push(source.value);
    for (const child of Object.values(node)) walk(child);
  };
  walk(parseAst(source).body);
  return found;
}

/** Were the types not found, everything would be `any` and allowed. */
const misuse = `import { createReferenceTrainer, dense, openDevice, type SweepOptions } from "chainrule";
import { readCsv } from "chainrule/table";
// @ts-expect-error: units are a number
dense("8");
// @ts-expect-error: no activation
dense(8, "step");
// @ts-expect-error: a table is text
readCsv(8, "table.csv");
// @ts-expect-error: GPUDevice is a known type
export const device: number = (await openDevice()).gpu;
type ReferenceOptions = Parameters<typeof createReferenceTrainer>[0];
// @ts-expect-error: the reference computes in one precision
export const precision: ReferenceOptions["precision"] = undefined;
// @ts-expect-error: the reference has nothing to tune
export const tune: ReferenceOptions["tune"] = undefined;
// @ts-expect-error: a sweep computes in one precision
export const swept: SweepOptions["precision"] = undefined;
// @ts-expect-error: a sweep is not tuned
export const sweptTune: SweepOptions["tune"] = undefined;
`;

/** What the README's shorter programs take from the example. */
const given = `import type { Dataset, Device, Trainer } from "chainrule";
declare global {
  const device: Device;
  const trainer: Trainer;
  const spirals: (points?: number) => Dataset;
}
`;

const tsconfig = (moduleResolution: string) => ({
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    types: ["@webgpu/types"],
    module: moduleResolution === "bundler" ? "ESNext" : moduleResolution,
    moduleResolution,
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  },
  include: ["*.ts"],
});
