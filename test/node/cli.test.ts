import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Papa from "papaparse";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readCsv } from "../../src/data/csv.ts";
import { splitRows } from "../../src/data/split.ts";
import { loadModel } from "../../src/run/checkpoint.ts";
import { buildCommand, createWorkplace, digits, type Outcome, type Workplace } from "./command.ts";

let place: Workplace;
beforeAll(buildCommand);
beforeEach(() => {
  place = createWorkplace();
  return () => place.remove();
});

/** Two classes that a line parts, forty rows. */
const flowers = `length,width,kind\n${Array.from({ length: 40 }, (_, i) =>
  i % 2 === 0
    ? `${1 + (i % 7) / 10},${0.2 + (i % 5) / 50},short`
    : `${4 + (i % 7) / 10},${1.3 + (i % 5) / 50},"long, wide"`,
).join("\n")}\n`;

/** price = 50000 + 9·area², forty rows. */
const houses = `rooms,area,price\n${Array.from({ length: 40 }, (_, i) => `${1 + (i % 4)},${20 + 4 * i},${50000 + 9 * (20 + 4 * i) ** 2}.5`).join("\n")}\n`;

const rowsOf = (csv: string) => Papa.parse<string[]>(csv.trim()).data;
/** The figure in a line such as `test  359  0.09  97.8 %`. */
const accuracyOf = (text: string, name: string) => new RegExp(`^${name} .*?([0-9.]+ %)$`, "m").exec(text)?.[1];
const succeeded = (outcome: Outcome) => expect(outcome, outcome.stderr).toMatchObject({ status: 0 });

describe("train", () => {
  it("says what it learns, how it goes and how good it is, and writes the model", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run(["train", "flowers.csv", "--target", "kind", "--layers", "8", "--epochs", "30"]);
    succeeded(outcome);
    const { stdout, stderr } = outcome;
    expect(stdout).toContain('flowers.csv: 40 rows, 2 inputs, target "kind"\n');
    expect(stdout).toContain("task: classification, 2 classes (guessed from 2 different texts; see --task)\n");
    expect(stdout).toContain("rows: 32 to train on, 8 to test on (seed 0)\n");
    expect(stdout).toContain("network: 2 → 8 relu → 2, 42 parameters, softmaxCrossEntropy\n");
    expect(stdout).toMatch(/^GPU memory: [0-9.]+ KiB: .*data 384 B, .*parameter 168 B, .*staging 64.0 KiB$/m);
    expect(stdout).toMatch(/^30 epochs, 30 steps in [0-9.]+ s$/m);
    expect(stdout).toMatch(/^speed: [0-9,.]+ steps\/s, [0-9,.]+ samples\/s on \S.*$/m);
    expect(stdout).toContain("model written to flowers.safetensors\n");
    expect(accuracyOf(stdout, "test")).toBe("100.0 %");
    expect(stdout).toContain("confusion of the test rows");
    expect(stderr).toMatch(/^epoch 1\/30 \| loss [0-9.]+ \| accuracy [0-9.]+ % \| [0-9,.]+ samples\/s\n/);
    expect(stderr).toMatch(/^epoch 30\/30 \|.*\n$/m);
    expect(place.files()).toEqual(["flowers.csv", "flowers.safetensors"]);
  });

  it("writes no control characters into a pipe", async () => {
    place.write("flowers.csv", flowers);
    const { stdout, stderr } = await place.run(["train", "flowers.csv", "--target", "kind", "--epochs", "3"]);
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
      succeeded(
        await place.run(["train", "flowers.csv", "--target", "kind", "--epochs", "3", "--seed", seed, "--out", name]),
      );
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
    const outcome = await place.run(["train", "flowers.csv", "--target", "kind", "--epochs", "60", ...options]);
    succeeded(outcome);
    expect(accuracyOf(outcome.stdout, "test")).toBe("100.0 %");
  });

  it("with --tune shares the work out in other ways, to the same model, and keeps which was the fastest", async () => {
    place.write("flowers.csv", flowers);
    // Too wide for one dispatch.
    const args = ["train", "flowers.csv", "--target", "kind", "--layers", "300", "--epochs", "3", "--out"];
    const env = { XDG_CACHE_HOME: join(place.folder, "cache") };
    const run = (out: string, ...more: string[]) => place.run([...args, out, ...more], { env });
    const [plain, tuned] = [await run("plain"), await run("tuned", "--tune")];
    for (const outcome of [plain, tuned]) succeeded(outcome);
    expect(plain.stdout).not.toContain("tuned:");
    expect(tuned.stdout).toMatch(/^tuned: \d of 5 products shared out anew, in [0-9.]+ s on \S.*$/m);
    expect(tuned.stdout).toMatch(/^ {2}layerForward 32×2×300: .+ a workgroup.* \(.+\)$/m);

    // However far the search came, it ends here: with a choice that is another than the plan's.
    const folder = join("cache", "chainrule");
    for (const file of readdirSync(join(place.folder, folder))) {
      const kept = JSON.parse(readFileSync(join(place.folder, folder, file), "utf8"));
      if (!("unroll" in kept.choice)) continue;
      place.write(join(folder, file), JSON.stringify({ ...kept, choice: { ...kept.choice, unroll: 12 }, tried: 18 }));
    }
    const again = await run("again", "--tune");
    succeeded(again);
    expect(again.stdout).toMatch(/^ {2}layer.*, 12 a round \(from the cache\)$/m);
    const [first, ...others] = ["plain", "tuned", "again"].map((name) => readFileSync(join(place.folder, name)));
    for (const other of others) expect(first?.equals(other)).toBe(true);
  }, 120_000);

  it("tests on nothing where the test fraction is 0", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run([
      "train",
      "flowers.csv",
      "--target",
      "kind",
      "--epochs",
      "2",
      "--test-fraction",
      "0",
    ]);
    succeeded(outcome);
    expect(outcome.stdout).toContain("rows: 40 to train on, none to test on (seed 0)\n");
    expect(outcome.stdout).toContain("confusion of the train rows");
    expect(outcome.stdout).not.toMatch(/^test /m);
  });

  it("leaves out the columns that are to be ignored", async () => {
    place.write("flowers.csv", flowers.replaceAll(/^/gm, "x,").replace("x,length", "id,length").replace(/x,$/, ""));
    const outcome = await place.run([
      "train",
      "flowers.csv",
      "--target",
      "kind",
      "--epochs",
      "2",
      "--ignore",
      "id, width",
    ]);
    succeeded(outcome);
    expect(outcome.stdout).toContain('40 rows, 1 input, target "kind"\n');
  });
});

describe("predict", () => {
  it("finds the accuracy that train printed for the same rows, and prints nothing but CSV", async () => {
    const trained = await place.run([
      "train",
      digits,
      "--target",
      "digit",
      "--epochs",
      "5",
      "--scale",
      "minmax",
      "--seed",
      "3",
      "--out",
      "m",
    ]);
    succeeded(trained);
    const [header = "", ...rows] = readFileSync(digits, "utf8").trim().split("\n");
    const test = [...splitRows(rows.length, 0.2, 3).test].map((row) => rows[row]);
    place.write("test.csv", `${[header, ...test].join("\n")}\n`);

    const outcome = await place.run(["predict", "m", "test.csv"]);
    succeeded(outcome);
    const accuracy = accuracyOf(outcome.stderr, "given");
    expect(accuracy).toMatch(/^9\d\.\d %$/);
    expect(accuracyOf(trained.stdout, "test")).toBe(accuracy);

    const [columns, ...predictions] = rowsOf(outcome.stdout);
    expect(columns).toEqual(["digit", "probability"]);
    expect(predictions).toHaveLength(test.length);
    const right = predictions.filter(([digit], i) => digit === test[i]?.split(",").at(-1)).length;
    expect(`${((100 * right) / test.length).toFixed(1)} %`).toBe(accuracy);
    for (const [, probability] of predictions) expect(Number(probability)).toBeGreaterThan(0.09);
  });

  it("takes the columns by their names, whatever their order, and ignores others", async () => {
    place.write("flowers.csv", flowers);
    succeeded(await place.run(["train", "flowers.csv", "--target", "kind", "--epochs", "20"]));
    place.write("plain.csv", "length,width\n1,0.2\n4,1.3\n");
    place.write("other.csv", "name,width,length\nx,0.2,1\ny,1.3,4\n");
    const [plain, other] = [
      await place.run(["predict", "flowers.safetensors", "plain.csv"]),
      await place.run(["predict", "flowers.safetensors", "other.csv"]),
    ];
    expect(rowsOf(plain.stdout).map(([kind]) => kind)).toEqual(["kind", "short", "long, wide"]);
    expect(other).toEqual(plain);
    expect(plain.stderr).toBe("");
  });

  it("gives a regression's predictions in the target's own unit", async () => {
    place.write("houses.csv", houses);
    const trained = await place.run([
      "train",
      "houses.csv",
      "--target",
      "price",
      "--activation",
      "tanh",
      "--epochs",
      "300",
    ]);
    succeeded(trained);
    expect(trained.stdout).toContain("task: regression (guessed from numbers with a fraction; see --task)\n");
    expect(trained.stdout).toContain("scaling: inputs standard, target standard\n");

    const outcome = await place.run(["predict", "houses.safetensors", "houses.csv", "--out", "p.csv"]);
    succeeded(outcome);
    expect(outcome.stdout).toBe("");
    const [header, ...predictions] = rowsOf(readFileSync(join(place.folder, "p.csv"), "utf8"));
    expect(header).toEqual(["price"]);
    const { rows } = readCsv(houses, "houses.csv");
    const errors = predictions.map(([price], i) => Number(price) - Number(rows[i]?.[2]));
    const rmse = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    expect(rmse).toBeLessThan(15000);
    const printed = /^given +40 +\S+ +(\S+) +(0\.9\d+)$/m.exec(outcome.stderr);
    expect(Number(printed?.[1])).toBeCloseTo(rmse, -1);
  });

  it("judges nothing where the target column is empty", async () => {
    place.write("flowers.csv", flowers);
    succeeded(await place.run(["train", "flowers.csv", "--target", "kind", "--epochs", "2"]));
    place.write("open.csv", "length,width,kind\n1,0.2,\n4,1.3,\n");
    const outcome = await place.run(["predict", "flowers.safetensors", "open.csv"]);
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
  });

  it("ends well where the reader of its output goes away", async () => {
    place.write("flowers.csv", flowers);
    succeeded(await place.run(["train", "flowers.csv", "--target", "kind", "--epochs", "2"]));
    const outcome = await place.run(["predict", "flowers.safetensors", "flowers.csv"], { deafReader: true });
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).not.toContain("EPIPE");
  });
});

describe("a full disk behind stdout", () => {
  it.each([
    ["plan", ["plan", "--inputs", "3", "--outputs", "2"]],
    ["train", ["train", "flowers.csv", "--target", "kind", "--epochs", "2"]],
  ])("ends %s with one line", async (_, args) => {
    place.write("flowers.csv", flowers);
    const { status, stderr } = await place.run(args, { into: "/dev/full" });
    expect(stderr).toBe(
      "error: stdout: got a full disk, expected output that can be written; make room, or write elsewhere.\n",
    );
    expect(status).toBe(1);
  });
});

describe("plan", () => {
  const sizes = ["plan", "--inputs", "3", "--outputs", "2", "--layers", "4"];

  it("prints the step for given sizes", async () => {
    const { status, stdout } = await place.run([...sizes, "--activation", "tanh"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +inner +h1 \[32, 4\] += layerForward/m);
    expect(stdout).toMatch(/^ +inner +W2 \[2, 4\], b2 \[2\] +=.*sgd/m);
  });

  it("prints the textbook's step with --no-fuse", async () => {
    const { status, stdout } = await place.run([...sizes, "--no-fuse"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^forward +z1 \[32, 4\] +=/m);
    expect(stdout).toMatch(/^update +W2 \[2, 4\] +=.*sgd/m);
  });

  it("prints the step for a table, with the rows that train would take", async () => {
    place.write("flowers.csv", flowers);
    const { status, stdout } = await place.run(["plan", "flowers.csv", "--target", "kind", "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ mode: "train", batch: 32, tensors: { X: { shape: [32, 2] } } });
    expect(place.files()).toEqual(["flowers.csv"]);
  });
});

describe("a signal while it trains", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s ends with a whole model of the steps taken", async (name, status) => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run(["train", "flowers.csv", "--target", "kind", "--epochs", "1000000"], {
      signals: { after: "epoch ", names: [name] },
    });
    expect(outcome, outcome.stderr).toMatchObject({ status });
    expect(outcome.stderr).toContain("stopping; Ctrl-C again ends at once\n");
    expect(outcome.stdout).toMatch(/model written to flowers\.safetensors\n$/);
    expect(place.files()).toEqual(["flowers.csv", "flowers.safetensors"]);
    expect(loadModel(readFileSync(join(place.folder, "flowers.safetensors"))).inputs).toBe(2);
    succeeded(await place.run(["predict", "flowers.safetensors", "flowers.csv"]));
  });

  it("says how far the epoch had come that it ended", async () => {
    const args = ["train", digits, "--target", "digit", "--epochs", "1000000", "--batch", "1", "--layers", "none"];
    const outcome = await place.run([...args, "--out", "m"], { signals: { after: "epoch ", names: ["SIGINT"] } });
    expect(outcome, outcome.stderr).toMatchObject({ status: 130 });
    // 1,438 rows to train on, one a step; the signal may come when an epoch has just ended.
    const summary =
      /^([0-9,]+) epochs?(?: and ([0-9,]+) of the 1,438 steps of the next \(([0-9,]+) of 1,438 rows\))?, ([0-9,]+) steps in /m;
    const [epochs = NaN, begun = 0, rows = 0, steps] = (summary.exec(outcome.stdout) ?? [])
      .slice(1)
      .map((figure) => (figure === undefined ? undefined : Number(figure.replaceAll(",", ""))));
    expect(steps).toBe(epochs * 1438 + begun);
    expect(rows).toBe(begun);
    if (begun > 0) expect(outcome.stderr).toContain(`epoch ${epochs + 1}/1000000 | ${begun} of 1,438 steps | `);
  });

  it("twice ends at once, with a whole model or none", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run(["train", "flowers.csv", "--target", "kind", "--epochs", "1000000"], {
      signals: { after: "epoch ", names: ["SIGINT", "SIGTERM"] },
    });
    expect([130, 143]).toContain(outcome.status);
    for (const name of place.files().filter((file) => file !== "flowers.csv")) {
      expect(name).toBe("flowers.safetensors");
      expect(() => loadModel(readFileSync(join(place.folder, name)))).not.toThrow();
    }
  });
});

describe("the software adapter", () => {
  const here = process.platform === "linux" && process.arch === "x64";

  it.runIf(here)("is found without help from outside, and named as such", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run(["train", "flowers.csv", "--target", "kind", "--epochs", "2"], {
      env: { LD_LIBRARY_PATH: "", CHAINRULE_ADAPTER: "swiftshader" },
    });
    succeeded(outcome);
    expect(outcome.stdout).toMatch(/^adapter: .*swiftshader.*, a software adapter$/im);
    expect(outcome.stderr).not.toContain("Warning");
  });

  it.runIf(here)("is refused where only the machine's own may serve", async () => {
    place.write("flowers.csv", flowers);
    const none = { LD_LIBRARY_PATH: "", VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };
    const outcome = await place.run(["train", "flowers.csv", "--target", "kind"], {
      env: { ...none, CHAINRULE_ADAPTER: "own" },
    });
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain("error: openDevice: got no adapter, expected a GPU with a WebGPU driver");
    expect(place.files()).toEqual(["flowers.csv"]);
  });

  it.runIf(here)("is refused where its packages are missing, with the command that installs them", async () => {
    place.write("flowers.csv", flowers);
    const { status, stderr } = await place.run(["train", "flowers.csv", "--target", "kind"], {
      env: { LD_LIBRARY_PATH: "", CHAINRULE_ADAPTER: "swiftshader" },
      alone: true,
    });
    expect(stderr).toBe(
      "error: adapter: got no Vulkan driver, and no software adapter without webgpu and @sparticuz/chromium, expected a GPU with its driver, or the software adapter; install the GPU's driver, or run npm install webgpu @sparticuz/chromium@147.0.0.\n",
    );
    expect(status).toBe(1);
    expect(place.files()).toEqual(["flowers.csv"]);
  });
});

describe("the command line", () => {
  it("explains itself", async () => {
    const { status, stdout } = await place.run(["train", "--help"]);
    expect(status).toBe(0);
    for (const option of ["--target", "--layers", "--weight-decay", "--scale-target", "--out"])
      expect(stdout).toContain(option);
  });

  it.each([
    ["no command", []],
    ["an unknown command", ["learn"]],
    ["an unknown option", ["train", "x.csv", "--target", "y", "--speed", "9"]],
    ["no target", ["train", "x.csv"]],
    ["no table", ["train", "--target", "y"]],
    ["a table too many", ["train", "x.csv", "z.csv", "--target", "y"]],
  ])("refuses %s with status 2", async (_, args) => {
    const { status, stderr } = await place.run(args);
    expect(status).toBe(2);
    expect(stderr).not.toBe("");
  });
});
