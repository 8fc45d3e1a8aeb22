import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { attempts, type Tunable } from "../../src/plan/tiles.ts";
import { loadModel } from "../../src/run/checkpoint.ts";
import { useDevice } from "../helpers/device.ts";
import { accuracyOf, flowers, succeeded, trainFlowers, useWorkplace } from "./cli.ts";
import { digits, interruptedBy } from "./command.ts";

const device = await useDevice();
const place = useWorkplace(async () => device);

/** Unscaled, η of 0.1 is too large for x of some 10, since λ of the curvature is x² + 1; a tenth of it is not. */
const far = `x,y\n${Array.from({ length: 40 }, (_, i) => `${8 + i / 20},${i / 40 + 0.5}`).join("\n")}\n`;
const trainFar = ["train", "far.csv", "--target", "y", "--layers", "none", "--scale-target", "none", "--epochs", "60"];
const bySgd = [...trainFar, "--scale", "none", "--optimizer", "sgd"];

describe("train, where the loss is not finite,", () => {
  it("begins anew once with a tenth of the rate, and says so", async () => {
    place.write("far.csv", far);
    const outcome = await place.run(bySgd);
    succeeded(outcome);
    const anew = /^step \d+: L = \S+; training anew with a tenth of the learning rate, 0\.01$/gm;
    expect(outcome.stdout.match(anew)).toHaveLength(1);
    expect(outcome.stdout).toMatch(/^60 epochs, 60 steps in /m);
    const named = await place.run([...bySgd, "--learning-rate", "0.01", "--out", "named"]);
    succeeded(named);
    const [first, other] = ["far.safetensors", "named"].map((name) => readFileSync(join(place.folder, name)));
    expect(first?.equals(other ?? new Uint8Array())).toBe(true);
  });

  it.each([
    [
      "a given rate",
      ["--learning-rate", "0.1"],
      "leave --scale none out, or leave --scale-target none out, or give --learning-rate 0.01",
    ],
    [
      "a rate above the usual",
      ["--scale", "standard", "--scale-target", "standard", "--learning-rate", "30"],
      "leave --learning-rate out, which is 0.1 then",
    ],
    [
      "a decay",
      ["--scale", "standard", "--scale-target", "standard", "--learning-rate", "0.1", "--weight-decay", "3000"],
      "give --learning-rate 0.01, or give a smaller --weight-decay",
    ],
  ])("says what mends it: with %s", async (_, options, remedy) => {
    place.write("far.csv", far);
    const { status, stdout, stderr } = await place.run([...bySgd, ...options]);
    expect(status).toBe(1);
    expect(stdout).not.toContain("training anew");
    expect(stderr.endsWith(`; ${remedy}.\n`), stderr).toBe(true);
  });

  it("does not try again what no rate has changed", async () => {
    place.write("far.csv", far.replace("8,", "1e30,"));
    const { status, stdout, stderr } = await place.run([...bySgd, "--test-fraction", "0"]);
    expect(status).toBe(1);
    expect(stdout).not.toContain("training anew");
    expect(stderr).toMatch(/: step 1: .*; leave --scale none out, or leave --scale-target none out\.\n$/);
  });
});

describe("train", () => {
  it("says what it learns, how it goes and how good it is, and writes the model", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run([...trainFlowers, "--epochs", "30"]);
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
    const config = { target: "kind", layers: "8,4", epochs: 3, seed: "7", "learning-rate": 0.5 };
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

  it("ends at a signal and says how far the epoch had come", async () => {
    const controller = new AbortController();
    // The first submits take few steps, however fast they are.
    const { queue } = device.gpu;
    const wait = queue.onSubmittedWorkDone.bind(queue);
    let waits = 0;
    const spy = vi.spyOn(queue, "onSubmittedWorkDone").mockImplementation(() => {
      if (++waits === 3) controller.abort();
      return wait();
    });
    onTestFinished(() => spy.mockRestore());
    const { signal } = controller;
    const args = ["train", digits, "--target", "digit", "--batch", "1", "--layers", "none", "--out", "m"];
    const outcome = await place.run(args, { catchInterrupt: () => interruptedBy(signal, 130) });
    expect(outcome, outcome.stderr).toMatchObject({ status: 130 });
    const summary = /^0 epochs and (\d+) of the 1,438 steps of the next \((\d+) of 1,438 rows\), (\d+) steps in /m;
    const [begun = 0, rows, steps] = (summary.exec(outcome.stdout) ?? []).slice(1).map(Number);
    expect([rows, steps]).toEqual([begun, begun]);
    expect(begun).toBeGreaterThan(0);
    expect(outcome.stderr).toMatch(/^stopping; Ctrl-C again ends at once\n/);
    expect(outcome.stderr).toContain(`epoch 1/50 | ${begun} of 1,438 steps | `);
    expect(outcome.stdout).toMatch(/model written to m\n$/);
  });

  it("says that nothing was trained where a signal comes before the first step", async () => {
    place.write("flowers.csv", flowers);
    const controller = new AbortController();
    const { signal } = controller;
    const outcome = await place.run(trainFlowers, {
      openDevice: async () => {
        controller.abort();
        return device;
      },
      catchInterrupt: () => interruptedBy(signal, 130),
    });
    expect(outcome.status).toBe(130);
    expect(outcome.stderr).toBe("stopping; Ctrl-C again ends at once\n");
    expect(outcome.stdout).toMatch(/^stopped before the first step: nothing was trained, and no model written\n$/m);
    expect(place.files()).toEqual(["flowers.csv"]);
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

  it.runIf(existsSync("/dev/full"))("keeps the network where its file cannot be written, and says where", async () => {
    place.write("flowers.csv", flowers);
    vi.stubEnv("TMPDIR", place.folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { status, stdout, stderr } = await place.run([...trainFlowers, "--epochs", "3", "--out", "/dev/full"]);
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
    // The tuner's 5 s are over after 50 looks at the clock: it times a candidate or two of one product.
    let time = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (time += 100));
    onTestFinished(() => clock.mockRestore());
    const run = (out: string, ...more: string[]) => place.run([...args, out, ...more], { env });
    const [plain, tuned] = [await run("plain"), await run("tuned", "--tune")];
    for (const outcome of [plain, tuned]) succeeded(outcome);
    expect(plain.stdout).not.toContain("tuned:");
    expect(tuned.stdout).toMatch(/^tuned: \d of 5 products shared out anew, in [0-9.]+ s on \S.*$/m);
    expect(tuned.stdout).toMatch(/\([1-9] timed.*; time ran out\)$/m);
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
  });

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
