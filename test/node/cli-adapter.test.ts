import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { devDependencies, peerDependencies } from "../../package.json";
import { bounded } from "../../src/cli/software-adapter.ts";
import { unpackSwiftShader } from "../../src/cli/swiftshader.ts";
import type { Device } from "../../src/device/open.ts";
import { root } from "./built.ts";
import { flowers, succeeded, trainFlowers, useWorkplace } from "./cli.ts";

const place = useWorkplace();

const { "@sparticuz/chromium": version } = peerDependencies;
const install = `npm install webgpu @sparticuz/chromium@${version}`;

const here = process.platform === "linux" && process.arch === "x64";

/** What Node is to do before it starts the command line. */
const first = (code: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module"; ${code} syncBuiltinESMExports();`,
  )}`,
});

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

  it.runIf(here)("is refused a network that the machine's memory does not hold, before any of it is made", async () => {
    place.write("flowers.csv", flowers);
    const env = {
      LD_LIBRARY_PATH: "",
      CHAINRULE_ADAPTER: "swiftshader",
      ...first("process.constrainedMemory = () => 16 * 2 ** 20;"),
    };
    const { status, stderr } = await place.spawn([...trainFlowers, "--layers", "1024,1024"], { env });
    expect(stderr).toMatch(/^error: .*, expected at most 4.* MiB, .*memory.*\n$/);
    expect(status).toBe(1);
    expect(place.files()).toEqual(["flowers.csv"]);
  });

  it("has a bound on memory where that is the machine's own, and none on a GPU", () => {
    const constrained = vi.spyOn(process, "constrainedMemory").mockReturnValue(4e8);
    onTestFinished(() => constrained.mockRestore());
    const deviceWith = (software: boolean) => ({ adapter: { software } }) as Device;
    expect(bounded(deviceWith(true))).toMatchObject({ memory: 1e8 });
    const gpu = deviceWith(false);
    expect(bounded(gpu)).toBe(gpu);
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

describe.runIf(here)("what is unpacked of the software adapter", () => {
  beforeEach(() => void vi.stubEnv("TMPDIR", place.folder));
  afterEach(() => void vi.unstubAllEnvs());

  const files = (folder: string) => readdirSync(folder).sort();
  const whole = ["driver.json", "libvulkan.so.1"];

  it("is the driver alone, of the content that is known of the package that is installed", () => {
    const { folder, library } = unpackSwiftShader();
    expect(place.files()).toEqual([`chainrule-swiftshader-${version}-${process.getuid?.()}`]);
    expect(files(folder)).toEqual(whole);
    expect(statSync(library).size).toBeLessThan(10e6);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const { ino } = statSync(library);
    expect(unpackSwiftShader().library).toBe(library);
    expect(statSync(library).ino).toBe(ino);
  });

  it("is replaced where it is not what it was, be it of the same size", () => {
    const { folder, library, driver } = unpackSwiftShader();
    const content = readFileSync(library);
    const other = join(place.folder, "other");
    writeFileSync(other, "of someone's");
    const changes: readonly (() => void)[] = [
      () => truncateSync(library, 0),
      () => truncateSync(library, content.length + 1),
      () =>
        writeFileSync(
          library,
          content.map((byte, i) => (i === 5_000_000 ? byte ^ 1 : byte)),
        ),
      () => {
        unlinkSync(library);
        symlinkSync(other, library);
      },
      () => {
        unlinkSync(library);
        execFileSync("mkfifo", [library]);
      },
      () => writeFileSync(driver, "{}"),
    ];
    for (const change of changes) {
      change();
      unpackSwiftShader();
      expect(readFileSync(library).equals(content), String(change)).toBe(true);
      expect(readFileSync(driver, "utf8")).toContain('"./libvulkan.so.1"');
      expect(files(folder)).toEqual(whole);
    }
    expect(readFileSync(other, "utf8")).toBe("of someone's");
  });

  it("is refused where there is no such folder", () => {
    vi.stubEnv("TMPDIR", join(place.folder, "none"));
    expect(() => unpackSwiftShader()).toThrow("no such file or folder");
  });

  it.each([
    [
      "a folder that others may write to",
      (path: string) => chmodSync(mkdirSync(path, { recursive: true }) ?? path, 0o770),
    ],
    ["a link to a folder", (path: string) => symlinkSync(place.folder, path)],
    ["a file", (path: string) => writeFileSync(path, "")],
  ])("is refused where its place is taken by %s", (_, plant) => {
    plant(join(place.folder, `chainrule-swiftshader-${version}-${process.getuid?.()}`));
    expect(() => unpackSwiftShader()).toThrow("remove it, or set TMPDIR to another folder");
  });

  it("is refused where its place is taken by a folder of someone else", () => {
    const getuid = vi.spyOn(process, "getuid").mockReturnValue((process.getuid?.() ?? 0) + 1);
    onTestFinished(() => getuid.mockRestore());
    expect(() => unpackSwiftShader()).toThrow("got a folder that belongs to someone else");
  });

  it("leaves nothing for good, whenever it is killed", async () => {
    place.write("flowers.csv", flowers);
    const env = { LD_LIBRARY_PATH: "", CHAINRULE_ADAPTER: "swiftshader", TMPDIR: join(place.folder, "temporary") };
    mkdirSync(env.TMPDIR);
    const kill = 'process.kill(process.pid, "SIGKILL")';
    const left: unknown[] = [];
    for (const when of ["mkdirSync", "writeFileSync", "fsyncSync", "renameSync"]) {
      const hook = first(`const then = fs.${when}; fs.${when} = (...given) => { then(...given); ${kill}; };`);
      const { status } = await place.spawn(trainFlowers, { env: { ...env, ...hook } });
      expect(status, when).not.toBe(0);
      left.push(readdirSync(env.TMPDIR, { recursive: true }).filter((name) => String(name).endsWith(".tmp")).length);
    }
    // Each removes what the one before has left.
    expect(left).toEqual([0, 1, 1, 0]);
    vi.stubEnv("TMPDIR", env.TMPDIR);
    expect(files(unpackSwiftShader().folder)).toEqual(whole);
  });

  it("leaves alone what a process that runs is writing", () => {
    const { folder } = unpackSwiftShader();
    const name = (pid: number) => `libvulkan.so.1.${pid}.00000000-0000-4000-8000-000000000000.tmp`;
    writeFileSync(join(folder, name(process.ppid)), "");
    writeFileSync(join(folder, name(process.pid)), "");
    writeFileSync(join(folder, name(2 ** 22 + 1)), "");
    unpackSwiftShader();
    expect(files(folder)).toEqual([...whole, name(process.ppid)]);
  });

  it.each([
    [
      "the folder is full",
      'fs.fsyncSync = () => { throw Object.assign(new Error(), { code: "ENOSPC" }); };',
      "got a full disk,",
      "set TMPDIR to another folder.",
    ],
    [
      "nothing may be loaded from it",
      'process.dlopen = (_, path) => { throw new Error(path + ": failed to map segment from shared object"); };',
      "got a library that does not load from there (failed to map segment from shared object),",
      "set TMPDIR to another folder.",
    ],
    [
      "the package is cut short",
      `const read = fs.readFileSync;
      fs.readFileSync = (path, ...given) =>
        String(path).endsWith("swiftshader.tar.br") ? read(path).subarray(0, 1e6) : read(path, ...given);`,
      "got a package without the software adapter that is known of it,",
      `run npm install @sparticuz/chromium@${version}.`,
    ],
  ])("is refused in one line, and leaves nothing, where %s", async (_, code, got, remedy) => {
    place.write("flowers.csv", flowers);
    const env = { LD_LIBRARY_PATH: "", CHAINRULE_ADAPTER: "swiftshader", ...first(code) };
    const { status, stderr } = await place.spawn(trainFlowers, { env });
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(got);
    expect(stderr).toContain(remedy);
    expect(status).toBe(1);
    expect(readdirSync(place.folder, { recursive: true }).filter((name) => String(name).endsWith(".tmp"))).toEqual([]);
  });
});
