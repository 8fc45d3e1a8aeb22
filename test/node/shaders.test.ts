import { build } from "vite";
import { describe, expect, it } from "vitest";
import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { sourceOf } from "../../shaders/index.ts";
import type { Call } from "../../src/kernels/index.ts";
import { compactShader, compactShaders } from "../../tools/shaders.mjs";
import { strict } from "../../tools/warnings.mjs";
import { variants } from "../helpers/calls.ts";

/** The shaders as the build writes them are those that every other test runs, less comments and white space. */

const load = (code: string) => import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`);

const withoutComments = (source: string) => source.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
/** The tokens of WGSL, which are all that its compiler sees. */
const token =
  /[A-Za-z_]\w*|0[xX][\da-fA-F]+[iu]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[iufh]?|->|(?:<<|>>|[-+*/%&|^=!<>])=|&&|\|\||\+\+|--|<<|>>|\S/g;
const words = (source: string) => withoutComments(source).match(token) ?? [];

describe("the build of the shaders", () => {
  it("gives every call the same source, less comments and white space", async () => {
    const lib = { entry: "shaders/index.ts", formats: ["es" as const] };
    const built = await build({
      configFile: false,
      logLevel: "warn",
      plugins: [compactShaders()],
      build: {
        write: false,
        minify: false,
        lib,
        rolldownOptions: { ...strict, output: { codeSplitting: false } },
      },
    });
    const code = Array.isArray(built) ? built[0]?.output[0]?.code : undefined;
    expect(code).not.toContain("preprocessor");
    const shipped: { sourceOf(call: Call): Promise<string> } = await load(code ?? "");
    const sources = new Map(await Promise.all(variants.map(async (call) => [await sourceOf(call), call] as const)));
    expect(sources.size).toBeGreaterThan(40);
    for (const [source, call] of sources) {
      const compact = await shipped.sourceOf(call);
      expect(words(compact), call.kernel).toEqual(words(source));
      expect(withoutComments(compact), call.kernel).toBe(compact);
      expect(compact.length).toBeLessThan(source.length);
    }
  });
});

describe("compactShader", () => {
  const compact = (code: string) => compactShader(code, "test.wgsl.ts").code;
  /** What a module's `shader` gives, as it is and as the build has it. */
  const both = async (template: string, ...given: unknown[]) => {
    const source = `export const shader = (a, b, c) => wgsl\`${template}\`;`;
    const { shader } = await load(compact(source));
    const plain = new Function("wgsl", "a", "b", "c", `return wgsl\`${template}\`;`);
    return [shader(...given), plain(wgsl, ...given)].map((text) => words(String(text)).join(" "));
  };

  it.each([
    [true, true, "x"],
    [true, false, "x"],
    [false, true, "x"],
    [false, false, "x"],
  ])("takes the same branch as the preprocessor for %s and %s", async (a, b, c) => {
    const template = `start
#if \${a}
  one \${c}
#if \${b}
  inner
#else
  other
#endif
#elif \${b}
  two
#else
  three \${b ? \`\${c}  // said
  \` : "no"}
#endif
end`;
    const [shipped, plain] = await both(template, a, b, c);
    expect(shipped).toBe(plain);
  });

  it("drops an expression with the comment that it stands in, and nothing after that line", async () => {
    const template = `let a = 1; // \${a} is \${b}
let b = \${c}; /* \\n */ // end`;
    const [shipped, plain] = await both(template, "x", "y", 3);
    expect([shipped, plain]).toEqual(["let a = 1 ; let b = 3 ;", "let a = 1 ; let b = 3 ;"]);
    expect(compact(`export const shader = (a, b, c) => wgsl\`${template}\`;`)).not.toContain("is ");
  });

  it("leaves no line for a directive, and no idle blank in a string that is put in", async () => {
    const template = `start\n#if \${a}\n  one\n#else\n  \${b ? "x + y;  // said" : ""}\n#endif\nend`;
    const made = compact(`export const shader = (a, b, c) => wgsl\`${template}\`;`);
    const { shader } = await load(made);
    expect([shader(true, true), shader(false, true)]).toEqual(["start\none\nend", "start\nx+y;\nend"]);
  });

  it("keeps operators apart that would be another together, beside expressions too", async () => {
    const template = `a - -b; a-- - b; a & &b; a / \${a} - \${b} < \${c} -> f32; var<storage, read> x: array<u32>;`;
    const [shipped, plain] = await both(template, "*p", "-1.0", "-2.5e-3");
    expect(shipped).toBe(plain);
    expect(compact(`export const shader = (a, b, c) => wgsl\`${template}\`;`)).toContain(
      "var<storage,read>x:array<u32>;",
    );
  });

  it("keeps what JavaScript escapes", async () => {
    const [shipped, plain] = await both(String.raw`a \` \\ \${ b`, 1, 2, 3);
    expect([shipped, plain]).toEqual([`a \` \\ $ { b`, `a \` \\ $ { b`]);
  });

  it.each([
    ["#else", "shaders: #else without #if"],
    ["#endif", "shaders: #endif without #if"],
    [`#if \${a}\nx`, "shaders: an #if without #endif in "],
  ])("refuses %j", (template, message) => {
    expect(() => compact(`export const shader = (a) => wgsl\`${template}\`;`)).toThrow(message);
  });
});
