import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { loadModel } from "../../src/run/checkpoint.ts";
import { flowers, succeeded, trainFlowers, useWorkplace } from "./cli.ts";
import { digits } from "./command.ts";

const place = useWorkplace();

it.each([
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s while it trains ends with a whole model of the steps taken", async (name, status) => {
  place.write("flowers.csv", flowers);
  const outcome = await place.spawn([...trainFlowers, "--epochs", "1000000"], {
    signals: { after: "epoch ", names: [name] },
  });
  expect(outcome, outcome.stderr).toMatchObject({ status });
  expect(outcome.stderr).toContain("stopping; Ctrl-C again ends at once\n");
  expect(outcome.stdout).toMatch(/model written to flowers\.safetensors\n$/);
  expect(place.files()).toEqual(["flowers.csv", "flowers.safetensors"]);
  expect(loadModel(readFileSync(join(place.folder, "flowers.safetensors"))).inputs).toBe(2);
  succeeded(await place.spawn(["predict", "flowers.safetensors", "flowers.csv"]));
});

it("a second signal outside a terminal ends at once, with a whole model or none", async () => {
  place.write("flowers.csv", flowers);
  const outcome = await place.spawn([...trainFlowers, "--epochs", "1000000"], {
    signals: { after: "epoch ", names: ["SIGINT", "SIGTERM"] },
  });
  expect([130, 143]).toContain(outcome.status);
  for (const name of place.files().filter((file) => file !== "flowers.csv")) {
    expect(name).toBe("flowers.safetensors");
    expect(() => loadModel(readFileSync(join(place.folder, name)))).not.toThrow();
  }
});

it("a signal says how far the epoch had come that it ended", async () => {
  const args = ["train", digits, "--target", "digit", "--epochs", "1000000", "--batch", "1", "--layers", "none"];
  const outcome = await place.spawn([...args, "--out", "m"], { signals: { after: "epoch ", names: ["SIGINT"] } });
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

it.runIf(process.platform !== "win32")("a signal ends the wait for who reads the model, and keeps it", async () => {
  place.write("flowers.csv", flowers);
  execFileSync("mkfifo", [join(place.folder, "pipe")]);
  const outcome = await place.spawn([...trainFlowers, "--epochs", "3", "--out", "pipe"], {
    signals: { after: "pipe: nobody reads it yet; ", names: ["SIGINT"] },
  });
  expect(outcome, outcome.stderr).toMatchObject({ status: 130 });
  const kept = /; move (.*), where it is now\.\n$/.exec(outcome.stderr)?.[1] ?? "";
  expect(loadModel(readFileSync(kept)).inputs).toBe(2);
  rmSync(dirname(kept), { recursive: true });
});

it.runIf(process.platform !== "win32")("a signal ends predict while nobody reads what it writes", async () => {
  place.write("flowers.csv", flowers);
  execFileSync("mkfifo", [join(place.folder, "pipe")]);
  succeeded(await place.spawn([...trainFlowers, "--epochs", "1"]));
  const outcome = await place.spawn(["predict", "flowers.safetensors", "flowers.csv", "--out", "pipe"], {
    signals: { after: "pipe: nobody reads it yet; Ctrl-C ends", names: ["SIGINT"] },
  });
  expect(outcome.stderr).toBe("pipe: nobody reads it yet; Ctrl-C ends\n");
  expect(outcome.status).toBe(130);
});
