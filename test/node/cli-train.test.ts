import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { attempts, type Tunable } from "../../src/plan/tiles.ts";
import { loadModel } from "../../src/run/checkpoint.ts";
import { accuracyOf, flowers, succeeded, trainFlowers, useWorkplace } from "./cli.ts";

const place = useWorkplace();

describe("train", () => {
  it("says what it learns, how it goes and how good it is, and writes the model", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run([...trainFlowers, "--layers", "8", "--epochs", "30"]);
    succeeded(outcome);
    const { stdout, stderr } = outcome;
    expect(stdout).toContain('flowers.csv: 40 rows, 2 inputs, target "kind"\n');
    expect(stdout).toContain("task: classification, 2 classes (guessed from 2 different texts; see --task)\n");
    expect(stdout).toContain("rows: 32 to train on, 8 to test on (seed 0)\n");
    expect(stdout).toContain("network: 2 → 8 relu → 2, 42 parameters, softmaxCrossEntropy\n");
    expect(stdout).toMatch(/^GPU memory: [0-9.]+ KiB: .*data 384 B, .*parameter 168 B, .*staging 128.0 KiB$/m);
    expect(stdout).toMatch(/^30 epochs, 30 steps in [0-9.]+ s$/m);
    expect(stdout).toMatch(/^speed: [0-9,.]+ steps\/s, [0-9,.]+ samples\/s on \S.*$/m);
    expect(stdout).toContain("model written to flowers.safetensors\n");
    expect(accuracyOf(stdout, "test")).toBe("100.0 %");
    expect(stdout).toContain("confusion of the test rows");
    expect(stderr).toMatch(/^epoch 1\/30 \| loss [0-9.]+ \| accuracy [0-9.]+ % \| [0-9,.]+ samples\/s\n/);
    expect(stderr).toMatch(/^epoch 30\/30 \|.*\n$/m);
    expect(place.files()).toEqual(["flowers.csv", "flowers.safetensors"]);
  });

  it("takes its options from a file, and those of the command line before them, wherever they stand", async () => {
    place.write("flowers.csv", flowers);
    const config = { target: "kind", layers: "8,4", epochs: 3, seed: "7", "learning-rate": 0.5, tune: false };
    place.write("flowers.config.json", JSON.stringify(config));
    const by = ["--config", "flowers.config.json"];
    const files: [name: string, args: readonly string[]][] = [
      ["flags", ["--target", "kind", "--layers", "8,4", "--epochs", "2", "--seed", "7", "--learning-rate", "0.25"]],
      ["file", ["--epochs", "2", ...by, "--learning-rate", "0.25"]],
    ];
    for (const [name, args] of files) succeeded(await place.run(["train", "flowers.csv", ...args, "--out", name]));
    const [flags, file] = files.map(([name]) => readFileSync(join(place.folder, name)));
    expect(file?.equals(flags ?? new Uint8Array())).toBe(true);
  });

  it("shows in a terminal no figure of an epoch before the first has ended, and then how long it will take", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run([...trainFlowers, "--epochs", "3"], { terminal: true });
    succeeded(outcome);
    expect(outcome.stderr).toMatch(/epoch 0\/3 ░+ in the first epoch(?! \|)/);
    expect(outcome.stderr).toMatch(
      /epoch 3\/3 █+ loss [0-9.]+ \| accuracy [0-9.]+ % \| [0-9,.]+ samples\/s \| 0\.0 s left/,
    );
  });

  it("writes no control characters into a pipe", async () => {
    place.write("flowers.csv", flowers);
    const { stdout, stderr } = await place.run([...trainFlowers, "--epochs", "3"]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(stdout + stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
  });

  it("writes the same model for the same seed, and another for another", async () => {
    place.write("flowers.csv", flowers);
    for (const [name, seed] of [
      ["a", "1"],
      ["b", "1"],
      ["c", "2"],
    ] as const) {
      succeeded(await place.run([...trainFlowers, "--epochs", "3", "--seed", seed, "--out", name]));
    }
    const [a, b, c] = ["a", "b", "c"].map((name) => readFileSync(join(place.folder, name)));
    expect(a?.equals(b ?? new Uint8Array())).toBe(true);
    expect(a?.equals(c ?? new Uint8Array())).toBe(false);
  });

  it.each([
    ["momentum", ["--optimizer", "momentum", "--weight-decay", "0.001", "--decay", "per-step"]],
    ["adam", ["--optimizer", "adam", "--learning-rate", "0.01"]],
    ["adamw", ["--optimizer", "adamw", "--learning-rate", "0.01", "--weight-decay", "0.01"]],
    ["no hidden layer", ["--layers", "none", "--scale", "minmax", "--learning-rate", "1"]],
    ["two hidden layers", ["--layers", "8,4", "--activation", "tanh", "--batch", "5"]],
  ])("learns with %s", async (_, options) => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run([...trainFlowers, "--epochs", "60", ...options]);
    succeeded(outcome);
    expect(accuracyOf(outcome.stdout, "test")).toBe("100.0 %");
  });

  it.runIf(existsSync("/dev/full"))("keeps the network where its file cannot be written, and says where", async () => {
    place.write("flowers.csv", flowers);
    const { status, stdout, stderr } = await place.run([...trainFlowers, "--epochs", "3", "--out", "/dev/full"], {
      env: { TMPDIR: place.folder },
    });
    expect(status).toBe(1);
    expect(stdout).not.toContain("model written");
    const [, file = ""] =
      /^error: \/dev\/full: got a full disk, expected .*; move (.*), where it is now\.$/m.exec(stderr) ?? [];
    expect(dirname(dirname(file))).toBe(place.folder);
    expect(Object.keys(loadModel(readFileSync(file)).parameters)).toEqual(["W1", "b1", "W2", "b2"]);
  });

  it("with --tune shares the work out in other ways, to the same model, and keeps which was the fastest", async () => {
    place.write("flowers.csv", flowers);
    // Too wide for one dispatch.
    const args = [...trainFlowers, "--layers", "300", "--epochs", "3", "--out"];
    const env = { XDG_CACHE_HOME: join(place.folder, "cache") };
    const run = (out: string, ...more: string[]) => place.run([...args, out, ...more], { env });
    const [plain, tuned] = [await run("plain"), await run("tuned", "--tune")];
    for (const outcome of [plain, tuned]) succeeded(outcome);
    expect(plain.stdout).not.toContain("tuned:");
    expect(tuned.stdout).toMatch(/^tuned: \d of 5 products shared out anew, in [0-9.]+ s on \S.*$/m);
    expect(tuned.stdout).toMatch(/^ {2}layerForward 32×2×300: .+ a workgroup.* \(.+\)$/m);

    // However far the search came, it ends here: with a choice that is another than the plan's.
    const all = attempts({ kernel: "layerForward" } as Tunable);
    const folder = join("cache", "chainrule");
    for (const file of readdirSync(join(place.folder, folder))) {
      const kept = JSON.parse(readFileSync(join(place.folder, folder, file), "utf8"));
      if (!("unroll" in kept.choice)) continue;
      place.write(join(folder, file), JSON.stringify({ ...kept, choice: { ...kept.choice, unroll: 12 }, tried: all }));
    }
    const again = await run("again", "--tune");
    succeeded(again);
    expect(again.stdout).toMatch(/^ {2}layer.*, 12 a round \(from the cache\)$/m);
    const [first, ...others] = ["plain", "tuned", "again"].map((name) => readFileSync(join(place.folder, name)));
    for (const other of others) expect(first?.equals(other)).toBe(true);
  }, 120_000);

  it("tests on nothing where the test fraction is 0", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run([...trainFlowers, "--epochs", "2", "--test-fraction", "0"]);
    succeeded(outcome);
    expect(outcome.stdout).toContain("rows: 40 to train on, none to test on (seed 0)\n");
    expect(outcome.stdout).toContain("confusion of the train rows");
    expect(outcome.stdout).not.toMatch(/^test /m);
  });

  it("leaves out the columns that are to be ignored", async () => {
    place.write("flowers.csv", flowers.replaceAll(/^/gm, "x,").replace("x,length", "id,length").replace(/x,$/, ""));
    const outcome = await place.run([...trainFlowers, "--epochs", "2", "--ignore", "id, width"]);
    succeeded(outcome);
    expect(outcome.stdout).toContain('40 rows, 1 input, target "kind"\n');
  });
});
