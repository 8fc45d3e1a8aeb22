import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/run/checkpoint.ts";
import { useDevice } from "../helpers/device.ts";
import { flowers, succeeded, trainFlowers, useWorkplace } from "./cli.ts";

/** What only a process of its own has: signals, and outputs that fail or are closed. */

const device = await useDevice();
const place = useWorkplace(async () => device);

describe("a signal while it trains", () => {
  it("ends with a whole model of the steps taken", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.spawn([...trainFlowers, "--epochs", "1000000"], {
      signals: { after: "epoch ", names: ["SIGINT"] },
    });
    expect(outcome, outcome.stderr).toMatchObject({ status: 130 });
    expect(outcome.stderr).toContain("stopping; Ctrl-C again ends at once\n");
    expect(outcome.stdout).toMatch(/model written to flowers\.safetensors\n$/);
    expect(place.files()).toEqual(["flowers.csv", "flowers.safetensors"]);
    expect(loadModel(readFileSync(join(place.folder, "flowers.safetensors"))).inputs).toBe(2);
    succeeded(await place.run(["predict", "flowers.safetensors", "flowers.csv"]));
  });

  it("twice ends at once, with a whole model or none, and leaves the terminal its cursor and its line wrap", async () => {
    place.write("flowers.csv", flowers);
    const { status, stderr } = await place.spawn([...trainFlowers, "--epochs", "1000000"], {
      signals: { after: "epoch ", names: ["SIGINT", "SIGTERM"] },
      terminal: true,
    });
    expect([130, 143]).toContain(status);
    for (const name of place.files().filter((file) => file !== "flowers.csv")) {
      expect(name).toBe("flowers.safetensors");
      expect(() => loadModel(readFileSync(join(place.folder, name)))).not.toThrow();
    }
    for (const [off, on] of [
      ["\u001b[?25l", "\u001b[?25h"],
      ["\u001b[?7l", "\u001b[?7h"],
    ] as const) {
      expect(stderr).toContain(off);
      expect(stderr.lastIndexOf(on)).toBeGreaterThan(stderr.lastIndexOf(off));
    }
  });
});

describe.runIf(existsSync("/dev/full"))("a full disk behind stdout", () => {
  it.each([
    ["plan", ["plan", "--inputs", "3", "--outputs", "2"]],
    ["train", [...trainFlowers, "--epochs", "2"]],
  ])("ends %s with one line", async (_, args) => {
    place.write("flowers.csv", flowers);
    const { status, stderr } = await place.spawn(args, { into: "/dev/full" });
    expect(stderr).toBe(
      "error: stdout: got a full disk, expected output that can be written; make room, or write elsewhere.\n",
    );
    expect(status).toBe(1);
  });
});

describe.runIf(existsSync("/dev/full"))("a full disk behind stderr", () => {
  it("costs train nothing but what it says there", async () => {
    place.write("flowers.csv", flowers);
    const outcome = await place.spawn([...trainFlowers, "--epochs", "3"], { errorsInto: "/dev/full" });
    succeeded(outcome);
    expect(outcome.stdout).toContain("model written to flowers.safetensors\n");
    expect(place.files()).toEqual(["flowers.csv", "flowers.safetensors"]);
  });
});

describe("a reader of its output that goes away", () => {
  it("is no fault of predict", async () => {
    place.write("flowers.csv", flowers);
    succeeded(await place.run([...trainFlowers, "--epochs", "2"]));
    const outcome = await place.spawn(["predict", "flowers.safetensors", "flowers.csv"], { deafReader: true });
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).not.toContain("EPIPE");
  });
});
