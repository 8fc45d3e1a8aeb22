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
