import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { readCsv } from "../../src/data/csv.ts";
import { splitRows } from "../../src/data/split.ts";
import { useDevice } from "../helpers/device.ts";
import { accuracyOf, flowers, rowsOf, succeeded, trainFlowers, useWorkplace } from "./cli.ts";
import { createWorkplace, digits } from "./command.ts";

const device = await useDevice();
const openDevice = async () => device;
const place = useWorkplace(openDevice);

/** What train makes of the flowers. */
let model: Buffer;
beforeAll(async () => {
  const own = createWorkplace(openDevice);
  own.write("flowers.csv", flowers);
  succeeded(await own.run([...trainFlowers, "--epochs", "20"]));
  model = readFileSync(join(own.folder, "flowers.safetensors"));
  own.remove();
});
beforeEach(() => place.write("flowers.safetensors", model));

/** price = 50000 + 9·area², forty rows. */
const houses = `rooms,area,price\n${Array.from({ length: 40 }, (_, i) => `${1 + (i % 4)},${20 + 4 * i},${50000 + 9 * (20 + 4 * i) ** 2}.5`).join("\n")}\n`;

describe("predict", () => {
  it("finds the accuracy that train printed for the same rows, and prints nothing but CSV", async () => {
    const args = ["train", digits, "--target", "digit", "--epochs", "5", "--scale", "minmax", "--seed", "3"];
    const trained = await place.run([...args, "--out", "m"]);
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
    const args = ["train", "houses.csv", "--target", "price", "--activation", "tanh", "--epochs", "300"];
    const trained = await place.run(args);
    succeeded(trained);
    expect(trained.stdout).toContain("task: regression (guessed from numbers with a fraction; see --task)\n");
    expect(trained.stdout).toContain("scaling: inputs standard, target standard\n");

    const outcome = await place.run(["predict", "houses.safetensors", "houses.csv", "--out", "p.csv"]);
    succeeded(outcome);
    expect(outcome.stdout).toBe("");
    const [header, ...predictions] = rowsOf(readFileSync(join(place.folder, "p.csv"), "utf8"));
    expect(header).toEqual(["price"]);
    const { rows } = readCsv(houses, "houses.csv");
    const errors = predictions.map(([price], i) => Number(price) - Number(rows.at(i)?.[2]));
    const rmse = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    expect(rmse).toBeLessThan(15000);
    const printed = /^given +40 +\S+ +(\S+) +(0\.9\d+)$/m.exec(outcome.stderr);
    expect(Number(printed?.[1])).toBeCloseTo(rmse, -1);
  });

  it("writes a regression's predictions with all the digits that they have", async () => {
    // A time in ms: its changes are a millionth of it.
    const times = Array.from({ length: 100 }, (_, i) => `${i / 100},${1.7e12 + 600 * i}`);
    place.write("times.csv", `x,t\n${times.join("\n")}\n`);
    const args = ["train", "times.csv", "--target", "t", "--task", "regression", "--layers", "none", "--epochs", "60"];
    succeeded(await place.run([...args, "--learning-rate", "0.2"]));
    const outcome = await place.run(["predict", "times.safetensors", "times.csv"]);
    succeeded(outcome);
    const [, ...predictions] = rowsOf(outcome.stdout);
    const errors = predictions.map(([t], i) => Number(t) - (1.7e12 + 600 * i));
    const rmse = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    const printed = Number(/^given +100 +\S+ +(\S+)/m.exec(outcome.stderr)?.[1]);
    // Printed with four digits, of numbers that were rounded to some of a deviation's eighth digit.
    expect(Math.abs(rmse - printed)).toBeLessThanOrEqual(5e-4 * printed + 0.01);
    expect(Math.max(...predictions.map(([t = ""]) => t.length))).toBeLessThanOrEqual("1700000000000.123".length);
  });

  it("scores predictions however far from the given target they are", async () => {
    place.write("houses.csv", houses);
    succeeded(await place.run(["train", "houses.csv", "--target", "price", "--epochs", "2"]));
    place.write("far.csv", "rooms,area,price\n1,20,1e30\n2,30,-1e30\n");
    const outcome = await place.run(["predict", "houses.safetensors", "far.csv"]);
    succeeded(outcome);
    expect(rowsOf(outcome.stdout)).toHaveLength(3);
    expect(outcome.stderr).toMatch(/^given +2 +\d\.\d+e\+\d\d +1e\+30 /m);
  });

  it("names no two columns alike", async () => {
    place.write("flowers.csv", flowers.replace("kind", "probability"));
    const args = trainFlowers.map((word) => (word === "kind" ? "probability" : word));
    succeeded(await place.run([...args, "--epochs", "2"]));
    const outcome = await place.run(["predict", "flowers.safetensors", "flowers.csv"]);
    expect(rowsOf(outcome.stdout)[0]).toEqual(["probability", "probability of the class"]);
  });

  it("predicts every row that it can, leaves the others blank, and judges by the labels that it knows", async () => {
    const rows = [
      "1,0.2,short",
      ",0.2,short",
      "4,1.3,",
      "4,1.3,round",
      "1,n/a,short",
      '4,1.3,"long, wide"',
      "1,0.2,oval",
    ];
    place.write("given.csv", `length,width,kind\n${rows.join("\n")}\n`);
    const outcome = await place.run(["predict", "flowers.safetensors", "given.csv"]);
    succeeded(outcome);
    const [, ...predictions] = rowsOf(outcome.stdout);
    const long = "long, wide";
    expect(predictions.map(([kind]) => kind)).toEqual(["short", "", long, long, "", long, "short"]);
    for (const [kind, probability] of predictions) expect(Number(probability) > 0.5).toBe(kind !== "");
    expect(outcome.stderr.split("\n").slice(0, 2)).toEqual([
      'without a prediction: 2 of 7 rows, the first since given.csv: line 3, column 1 ("length"): got an empty cell (1 of 7 cells of column "length" is no number), expected a number',
      'not in the score: 1 row without a "kind", and 2 rows with a class that the model does not know, the first "round" on line 5',
    ]);
    expect(outcome.stderr).toMatch(/^given +2 +\S+ +100\.0 %$/m);

    place.write("unknown.csv", "length,width,kind\n1,0.2,round\n");
    const unknown = await place.run(["predict", "flowers.safetensors", "unknown.csv"]);
    expect(unknown).toMatchObject({
      status: 0,
      stderr: 'not in the score: 1 row with a class that the model does not know, the first "round" on line 2\n',
    });
  });

  it("leaves a regression's lines blank where it has no prediction, and judges by the numbers", async () => {
    place.write("houses.csv", houses);
    succeeded(await place.run(["train", "houses.csv", "--target", "price", "--epochs", "2"]));
    place.write("given.csv", "rooms,area,price\n1,20,50000\n?,30,60000\n2,,\n2,30,\n2,30,cheap\n3,40,1\n");
    const outcome = await place.run(["predict", "houses.safetensors", "given.csv", "--out", "p.csv"]);
    succeeded(outcome);
    const { rows } = readCsv(readFileSync(join(place.folder, "p.csv"), "utf8"), "p.csv");
    expect([...rows].map(([price]) => price !== "")).toEqual([true, false, false, true, true, true]);
    expect(outcome.stderr).toMatch(/^without a prediction: 2 of 6 rows, the first since given\.csv: line 3, column 1 /);
    expect(outcome.stderr).toMatch(
      /^not in the score: 1 row without a "price", and 1 row with what is no number, the first "cheap" on line 6$/m,
    );
    expect(outcome.stderr).toMatch(/^given +2 /m);
  });

  it("marks names that a spreadsheet would compute, where it is asked to, and no numbers", async () => {
    place.write("flowers.csv", flowers.replaceAll("short", "=SUM(1)").replaceAll('"long, wide"', "-1"));
    succeeded(await place.run([...trainFlowers, "--task", "classification", "--epochs", "20", "--out", "m"]));
    const [plain, safe] = [
      await place.run(["predict", "m", "flowers.csv"]),
      await place.run(["predict", "m", "flowers.csv", "--spreadsheet-safe"]),
    ];
    const classes = ({ stdout }: { readonly stdout: string }) => new Set(rowsOf(stdout).map(([kind]) => kind));
    expect(classes(plain)).toEqual(new Set(["kind", "=SUM(1)", "-1"]));
    expect(classes(safe)).toEqual(new Set(["kind", "'=SUM(1)", "-1"]));
  });

  it("has in quotes what some spreadsheets part a name at, and marks what begins unseen, where it is asked to", async () => {
    const [parted, unseen] = ["a;=SUM(1)\t=SUM(1)", "\u200b=SUM(1)"];
    place.write("flowers.csv", flowers.replaceAll("short", parted).replaceAll('"long, wide"', unseen));
    succeeded(await place.run([...trainFlowers, "--task", "classification", "--epochs", "20", "--out", "m"]));
    const { stdout } = await place.run(["predict", "m", "flowers.csv", "--spreadsheet-safe"]);
    const begins = stdout.split("\n").map((line) => line.replace(/,[0-9.]*$/, ""));
    expect(new Set(begins)).toEqual(new Set(["kind,probability", `"${parted}"`, `'${unseen}`, ""]));
  });

  it("knows a class that is a number by its value", async () => {
    place.write("flowers.csv", flowers.replaceAll("short", "0").replaceAll('"long, wide"', "1"));
    succeeded(await place.run([...trainFlowers, "--epochs", "20", "--out", "m"]));
    place.write("given.csv", "length,width,kind\n1,0.2,0.0\n4,1.3,1.0\n4,1.3,+1\n");
    const outcome = await place.run(["predict", "m", "given.csv"]);
    succeeded(outcome);
    expect(outcome.stderr).toMatch(/^given +3 +\S+ +100\.0 %$/m);
    expect(rowsOf(outcome.stdout).map(([kind]) => kind)).toEqual(["kind", "0", "1", "1"]);
  });

  it("runs the network once, judged or not", async () => {
    const spy = vi.spyOn(device.gpu.queue, "submit");
    onTestFinished(() => spy.mockRestore());
    place.write("plain.csv", "length,width\n1,0.2\n4,1.3\n");
    place.write("labelled.csv", 'length,width,kind\n1,0.2,short\n4,1.3,"long, wide"\n');
    const submits: number[] = [];
    for (const name of ["plain.csv", "labelled.csv"]) {
      spy.mockClear();
      succeeded(await place.run(["predict", "flowers.safetensors", name]));
      submits.push(spy.mock.calls.length);
    }
    expect(submits[1]).toBe(submits[0]);
    expect(submits[0]).toBeGreaterThan(0);
  });

  it("judges nothing where the target column is empty", async () => {
    place.write("open.csv", "length,width,kind\n1,0.2,\n4,1.3,\n");
    const outcome = await place.run(["predict", "flowers.safetensors", "open.csv"]);
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
  });
});
