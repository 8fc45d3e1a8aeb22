import { dirname, join } from "node:path";
import { parseAst } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { later } from "../../vite.config.ts";
import { root } from "./built.ts";
import { useWorkplace } from "./cli.ts";
import { type Consumer, install, type Packed, pack, readText, withPeers } from "./package/consumer.ts";
import { run } from "./package/process.ts";
import { commands, example, expectTrained, pieces } from "./package/readme.ts";
import { expectTypes } from "./package/types.ts";

/** The package as somebody gets it: packed, installed into an empty folder, and used as README.md says. */

let packed: Packed;
/** Without any other package, as for a page or Deno. */
let bare: Consumer;
/** With what a user in Node and TypeScript installs beside it. */
let complete: Consumer;

beforeAll(async () => {
  packed = await pack();
  bare = await install(packed);
  complete = withPeers(bare, ["webgpu", "@webgpu/types"]);
});
afterAll(() => packed?.remove());

/** Has Dawn look by timer whether the GPU is done, which leaves its core to a software adapter. */
const byTimer = `const { clearImmediate: clear } = globalThis;
globalThis.setImmediate = (callback, ...given) => setTimeout(callback, 1, ...given);
globalThis.clearImmediate = (one) => (one && "refresh" in one ? clearTimeout(one) : clear(one));
`;

/** Has the seconds of a tuner be over after some looks at the clock, however long they are. */
const byLooks = `{
let looks = 0;
performance.now = () => 100 * ++looks;
}
`;

describe("the README's programs", () => {
  it("begin with one complete example of at most 25 lines", () => {
    expect(example).toContain('from "chainrule"');
    expect(example.trim().split("\n").length).toBeLessThanOrEqual(25);
  });

  it("run in Node, the shorter ones after the example, before its last line", async () => {
    const last = "device.destroy();\n";
    expect(example.endsWith(last)).toBe(true);
    expect(pieces.length).toBeGreaterThan(5);
    for (const [index, piece] of pieces.entries()) complete.write(`piece-${index}.mjs`, piece);
    const given = "Object.assign(globalThis, { device, trainer, spirals });\n";
    const imports = pieces.map((piece, index) =>
      [
        /\btuner?\(/.test(piece) ? byLooks : "",
        `await import("./piece-${index}.mjs");\nconsole.log("ran ${index}");\n`,
        "delete performance.now;\n",
      ].join(""),
    );
    complete.write("pieces.mjs", [example.slice(0, -last.length), given, ...imports, last].join(""));
    complete.write("by-timer.mjs", byTimer);
    const output = await complete.run(process.execPath, "--import=./by-timer.mjs", "pieces.mjs");
    expectTrained(output);
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
    const made = ["core", "table", ...Object.keys(later)].flatMap((name) => [`dist/${name}.js`, `dist/${name}.js.map`]);
    expect(packed.files.filter((path) => !/^dist\/types\/(src|shaders)\/.*\.d\.ts$/.test(path)).sort()).toEqual(
      [
        ...["package.json", "README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"],
        ...["dist/licenses.md", "dist/table-licenses.md", "dist/cli-licenses.md"],
        ...["dist/index.js", "dist/rolldown-runtime.js", "dist/cli.js", "dist/index.d.ts", "dist/table.d.ts"],
        ...made,
      ].sort(),
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
    // What is left of the list, index.js names alone, or what core.js asks for asks for it in turn.
    const named = ["files", "format", "planning", "read", "reference", "sweep"];
    const asked = Object.keys(later).filter((name) => !named.includes(name));
    expect(imports("core.js")).toEqual(asked.map((name) => `./${name}.js`).sort());
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
    bare.write("spirals.mjs", example);
    const { status, stderr } = await run(bare.folder, process.execPath, ["spirals.mjs"]);
    expect(status).not.toBe(0);
    expect(stderr).toContain(
      "openDevice: got Node without the package webgpu, expected WebGPU; run npm install webgpu.",
    );
  });

  it("has types that resolve with moduleResolution nodenext", () => expectTypes(complete, "nodenext"));
});

describe("the installed command", () => {
  it("starts", async () => {
    const command = (...args: string[]) => bare.run(join(bare.folder, "node_modules/.bin/chainrule"), ...args);
    expect(await command("--help")).toMatch(/^Usage: chainrule /);
    const { version } = JSON.parse(readText(root, "package.json"));
    expect(await command("--version")).toBe(`${version}\n`);
  });
});

describe("the README's commands", () => {
  const place = useWorkplace();
  const command = async (args: readonly string[]) => {
    const { status, stdout, stderr } = await place.run(args);
    expect(status, stderr).toBe(0);
    return stdout;
  };

  it("are all known, and every option of theirs", async () => {
    expect(commands.map(({ args: [name] }) => name)).toEqual(expect.arrayContaining(["train", "predict", "plan"]));
    for (const {
      args: [name = "", ...rest],
    } of commands) {
      const help = await command([name, "--help"]);
      for (const option of rest.filter((word) => word.startsWith("--"))) expect(help).toContain(`  ${option} `);
    }
  });

  it("print the plans that the README shows", async () => {
    const shown = commands.filter(({ output }) => output.trim() !== "");
    expect(shown).toHaveLength(2);
    for (const { args, output } of shown) expect(await command(args)).toBe(output);
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
