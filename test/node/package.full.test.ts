import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { denoFlags, denoPath } from "../../tools/deno.mjs";
import { type Consumer, install, type Packed, pack, withPeers } from "./package/consumer.ts";
import { visit } from "./package/page.ts";
import { commands, example, expectTrained } from "./package/readme.ts";
import { expectTypes } from "./package/types.ts";

let packed: Packed;
let bare: Consumer;
let complete: Consumer;

beforeAll(async () => {
  packed = await pack();
  bare = await install(packed);
  bare.write("spirals.mjs", example);
  bare.write(
    "index.html",
    '<!doctype html><link rel="icon" href="data:," /><script type="module" src="/spirals.mjs"></script>',
  );
  complete = withPeers(bare, ["webgpu", "@webgpu/types"]);
});
afterAll(() => packed?.remove());

describe("the README's example", () => {
  it("trains in Node", async () => {
    expectTrained(await complete.run(process.execPath, "spirals.mjs"));
  });

  it("trains in Deno, without a permission and without another package", async () => {
    expectTrained(await bare.run(denoPath(), "run", "--no-prompt", ...denoFlags, "spirals.mjs"));
  });

  it.each(["development", "build"] as const)(
    "trains in a page that Vite serves, %s, without another package",
    async (serving) => {
      expectTrained(await visit(bare, serving, "accuracy on other points"));
    },
  );
});

describe("the installed package", () => {
  it("has types that resolve with moduleResolution bundler", () => expectTypes(complete, "bundler"));
});

describe("the installed command", () => {
  const command = (...args: string[]) => bare.run(join(bare.folder, "node_modules/.bin/chainrule"), ...args);

  it("knows every command and option that the README names", async () => {
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
