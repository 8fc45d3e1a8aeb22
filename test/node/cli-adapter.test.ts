import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { devDependencies, peerDependencies } from "../../package.json";
import { publish } from "../../src/cli/swiftshader.ts";
import { root } from "./built.ts";
import { flowers, succeeded, trainFlowers, useWorkplace } from "./cli.ts";

const place = useWorkplace();

const { "@sparticuz/chromium": version } = peerDependencies;
const install = `npm install webgpu @sparticuz/chromium@${version}`;

describe("the software adapter", () => {
  it("is of the version that README.md tells to install and that the suites run on", () => {
    expect(version).toBe(devDependencies["@sparticuz/chromium"]);
    const readme = readFileSync(join(root, "README.md"), "utf8");
    expect(readme).toContain(`\n${install}\n`);
    const told = [...readme.matchAll(/@sparticuz\/chromium@([\d.]+)|Chromium (\d+)/g)].map(
      ([, whole, major]) => whole ?? major,
    );
    expect(new Set(told)).toEqual(new Set([version, version.split(".")[0]]));
  });

  const here = process.platform === "linux" && process.arch === "x64";

  it.runIf(here)("is found without help from outside, and named as such", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.spawn([...trainFlowers, "--epochs", "2"], {
      env: { LD_LIBRARY_PATH: "", CHAINRULE_ADAPTER: "swiftshader" },
    });
    succeeded(outcome);
    expect(outcome.stdout).toMatch(/^adapter: .*swiftshader.*, a software adapter$/im);
    expect(outcome.stderr).not.toContain("Warning");
  });

  it.runIf(here)("is looked for without a word about a display, where the machine has none", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.spawn([...trainFlowers, "--epochs", "2"], {
      env: { LD_LIBRARY_PATH: "", CHAINRULE_ADAPTER: "", XDG_RUNTIME_DIR: "" },
    });
    succeeded(outcome);
    expect(outcome.stderr).not.toContain("XDG_RUNTIME_DIR");
  });

  it.runIf(here)(
    "is put in its place once, by the first of several processes, and again where some of it was lost",
    async () => {
      const folder = join(place.folder, "folder");
      const needed = join(folder, "needed");
      const put = async (content: string) => {
        const staging = mkdtempSync(join(place.folder, "staging-"));
        writeFileSync(join(staging, "needed"), content);
        await publish(staging, folder, () => existsSync(needed));
        return readFileSync(needed, "utf8");
      };
      expect(await put("first")).toBe("first");
      expect(await put("second")).toBe("first");
      writeFileSync(join(folder, "other"), "");
      rmSync(needed);
      expect(await put("third")).toBe("third");
      expect(existsSync(join(folder, "other"))).toBe(false);
    },
  );

  it.runIf(here)("is refused where only the machine's own may serve", async () => {
    place.write("flowers.csv", flowers);
    const none = { LD_LIBRARY_PATH: "", VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };
    const outcome = await place.spawn(trainFlowers, {
      env: { ...none, CHAINRULE_ADAPTER: "own" },
    });
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain("error: openDevice: got no adapter, expected a GPU with a WebGPU driver");
    expect(place.files()).toEqual(["flowers.csv"]);
  });

  it.runIf(here)("is refused where its packages are missing, with the command that installs them", async () => {
    place.write("flowers.csv", flowers);
    const { status, stderr } = await place.spawn(trainFlowers, {
      env: { LD_LIBRARY_PATH: "", CHAINRULE_ADAPTER: "swiftshader" },
      alone: true,
    });
    expect(stderr).toBe(
      `error: adapter: got no Vulkan driver, and no software adapter without webgpu and @sparticuz/chromium, expected a GPU with its driver, or the software adapter; install the GPU's driver, or run ${install}.\n`,
    );
    expect(status).toBe(1);
    expect(place.files()).toEqual(["flowers.csv"]);
  });
});
