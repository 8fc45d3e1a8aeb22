import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { flowers, succeeded, trainFlowers, useWorkplace } from "./cli.ts";

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

describe.runIf(existsSync("/dev/full"))("a full disk behind stdout", () => {
  it.each([
    ["plan", ["plan", "--inputs", "3", "--outputs", "2"]],
    ["train", [...trainFlowers, "--epochs", "2"]],
  ])("ends %s with one line", async (_, args) => {
    place.write("flowers.csv", flowers);
    const { status, stderr } = await place.run(args, { into: "/dev/full" });
    expect(stderr).toBe(
      "error: stdout: got a full disk, expected output that can be written; make room, or write elsewhere.\n",
    );
    expect(status).toBe(1);
  });
});

describe.runIf(existsSync("/dev/full"))("a full disk behind stderr", () => {
  it("costs train nothing but what it says there", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.run([...trainFlowers, "--epochs", "3"], { errorsInto: "/dev/full" });
    succeeded(outcome);
    expect(outcome.stdout).toContain("model written to flowers.safetensors\n");
    expect(place.files()).toEqual(["flowers.csv", "flowers.safetensors"]);
  });
});
