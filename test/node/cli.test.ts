import { describe, expect, it } from "vitest";
import { flowers, useWorkplace } from "./cli.ts";

const place = useWorkplace();

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

  it("shows where in the program a fault of its own was, with status 1", async () => {
    place.write("flowers.csv", flowers);
    const openDevice = () => Promise.reject(new RangeError("on purpose"));
    const { status, stderr } = await place.run(["train", "flowers.csv", "--target", "kind"], { openDevice });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^RangeError: on purpose\n {4}at .*openDevice/);
  });
});

describe("plan", () => {
  const sizes = ["plan", "--inputs", "3", "--outputs", "2", "--layers", "4", "--optimizer", "sgd"];

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

  it.each([
    [
      "momentum",
      ["--weight-decay", "0.1", "--decay", "per-step"],
      "momentum: g = Σ∂ℓ/|B| + λw, v ← μv + g, w ← w − ηv;",
    ],
    ["adam", ["--weight-decay", "0.1"], "adam: g = Σ∂ℓ/|B| + λw/|B|, w ← w − ηm̂/(√v̂ + ε);"],
    ["adamw", ["--weight-decay", "0.1"], "adamw: w ← (1 − ηλ)w, g = Σ∂ℓ/|B|, w ← w − ηm̂/(√v̂ + ε);"],
    ["sgd", [], "sgd: w ← w − (η/|B|)Σ∂ℓ;"],
  ])("prints the update of %s as the other options have it", async (optimizer, options, update) => {
    const { status, stdout } = await place.run([...sizes, "--optimizer", optimizer, ...options]);
    expect(status).toBe(0);
    expect(stdout.split("\n").filter((line) => line.includes(`W by dzᵀ x, ${update}`))).toHaveLength(2);
  });

  it("prints the layers, their activation and the batch that it is given", async () => {
    const args = ["plan", "--inputs", "2", "--outputs", "2", "--activation", "tanh", "--batch", "5"];
    const [deep, none] = [
      await place.run([...args, "--layers", "8,4"]),
      await place.run([...args, "--layers", "none"]),
    ];
    expect(deep.stdout).toMatch(/ h2 \[5, 4\] += layerForward.*tanh\(x Wᵀ \+ b\)/);
    expect(deep.stdout).toMatch(/ scores \[5, 2\], do \[5, 2\] += outputLoss\(h2, W3,/);
    expect(none.stdout).not.toContain("layerForward");
  });

  it("prints the step for a table, with the rows that train would take", async () => {
    place.write("flowers.csv", flowers);
    const { status, stdout } = await place.run(["plan", "flowers.csv", "--target", "kind", "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ mode: "train", batch: 32, tensors: { X: { shape: [32, 2] } } });
    expect(place.files()).toEqual(["flowers.csv"]);
  });
});
