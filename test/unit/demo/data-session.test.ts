import { describe, expect, it } from "vitest";
import { type DataContract, MOST_BARS, MOST_PAIRS } from "../../../demo/src/pages/data/contract.ts";
import { type DataOptions, initialOptions, lengthOf } from "../../../demo/src/pages/data/options.ts";
import { samples } from "../../../demo/src/pages/data/samples.ts";
import { open } from "../../../demo/src/pages/data/session.ts";
import { createTables } from "../../../demo/src/pages/data/tables.ts";
import { DataError, NumericError } from "../../../src/index.ts";
import { scoreOf, undoScale } from "../../../src/table.ts";
import { newRows, openModel } from "../../demo/model.ts";
import { tableOf } from "../../demo/tables.ts";
import { useSessions } from "./session.ts";

const sessions = useSessions();

/** What the page takes for a table of `tableOf`. */
const options: DataOptions = { ...initialOptions, target: "y", ignored: ["note"] };
/** Fast, and longer than a test looks. */
const small: DataOptions = { ...options, layers: [4], epochs: 2 };
const long: DataOptions = { ...small, epochs: 100_000 };

/** The page's two workers: the one that holds a table, and the one that trains. */
function visit() {
  const session = sessions<DataContract>(open);
  const tables = createTables();
  const { until } = session;
  /** Of networks that are ready. */
  const events = session.events as readonly Extract<DataContract["event"], { kind: "status" }>[];
  const call = {
    ...session.call,
    async begin(given: DataOptions, run: number) {
      const prepared = await tables.prepare(given);
      // As it crosses from one to the other.
      return session.call.begin(structuredClone(prepared, { transfer: [...prepared.moved] }), given, run);
    },
    beginPrepared: session.call.begin,
    look: tables.look,
  };
  const status = () => events.at(-1)?.status;
  const steps = () => status()?.progress.step ?? 0;
  const done = () => until(() => status()?.progress.running === false && steps() === status()?.progress.until);
  const under = (least: number) => until(() => steps() > least);
  /** A table of its own worker takes the place of the one before, and ends its network. */
  const read = async (content: string, name = "t.csv") => {
    const summary = await tables.read({ name, content });
    await call.end();
    return summary;
  };
  /** Trains to the end. */
  const train = async (given: DataOptions, run = 0) => {
    const begun = await call.begin(given, run);
    await call.play();
    await done();
    return begun;
  };
  return { ...session, events, call, tables, status, steps, done, under, read, train };
}

/** What a call was refused with. */
const refusalOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("the session of Your data", () => {
  it("learns a number, and its file predicts the same from the cells of a table", async () => {
    const { call, read, train, status } = visit();
    const { columns, rows } = await read(tableOf("number", 1000));
    expect([rows, columns.map(({ kind }) => kind)]).toEqual([
      1000,
      ["numbers", "numbers", "whole numbers", "text", "numbers"],
    ]);
    expect(await call.look("y")).toMatchObject({ guess: { task: "regression" } });
    const begun = await train(options);
    expect(begun).toMatchObject({ task: "regression", inputs: ["a", "b", "c"], trainRows: 800, testRows: 200 });
    expect(status()?.progress).toMatchObject({ step: 50 * 25, running: false });
    const { judgement } = status() ?? {};
    expect(judgement?.test?.fit?.r2).toBeGreaterThan(0.98);
    expect(judgement?.confusion).toBeUndefined();
    const { predicted = [], off = [] } = judgement?.residuals ?? {};
    expect([predicted.length, off.length]).toEqual([200, 200]);
    expect(predicted).toEqual(predicted.toSorted((a, b) => a - b));
    const rmse = Math.sqrt(off.reduce((sum, one) => sum + one ** 2, 0) / off.length);
    expect(rmse).toBeCloseTo(judgement?.test?.fit?.rmse ?? Number.NaN, 9);

    const { description, prediction } = await openModel(await call.save(), newRows);
    expect(description).toMatchObject({ task: "regression", target: "y", inputs: ["a", "b", "c"] });
    if (!description.targetScale) throw new Error("a number has no scale");
    const expected = undoScale(prediction.outputs, description.targetScale);
    const made = await Promise.all(newRows.map((row) => call.predict(Object.values(row))));
    expect(made).toEqual(Array.from(expected, (value) => ({ task: "regression", value })));
  });

  it("learns classes with text names, and its file gives the same ones with the same probabilities", async () => {
    const { call, read, train, status } = visit();
    await read(tableOf("class", 1000));
    expect(await call.look("y")).toMatchObject({ guess: { task: "classification" } });
    const { classes, testRows, example } = await train(options);
    expect(classes.toSorted()).toEqual(["high", "low", "middle, or so"]);
    expect(example).toHaveLength(3);
    const { test, confusion, residuals } = status()?.judgement ?? {};
    if (!confusion || !("counts" in confusion)) throw new Error("no matrix of three classes");
    const { counts } = confusion;
    expect(test?.accuracy).toBeGreaterThan(0.95);
    expect(residuals).toBeUndefined();
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(testRows);
    const right = [0, 4, 8].reduce((sum, at) => sum + (counts[at] ?? 0), 0);
    expect(right / testRows).toBeCloseTo(test?.accuracy ?? Number.NaN, 12);

    const { description, prediction } = await openModel(await call.save(), newRows);
    expect(description.classes).toEqual(classes);
    const { classes: expected = [], probabilities = [] } = prediction;
    for (const [i, row] of newRows.entries()) {
      const made = await call.predict(Object.values(row));
      if (made.task !== "classification") throw new Error("no class");
      expect(made.likeliest[0]?.classNumber).toBe(expected[i]);
      const given = Array.from(probabilities.slice(3 * i, 3 * i + 3));
      expect(made.likeliest.map(({ classNumber }) => given[classNumber])).toEqual(given.toSorted((a, b) => b - a));
      expect(made.likeliest.map(({ probability }) => probability)).toEqual(given.toSorted((a, b) => b - a));
    }
  });

  it("trains the same again from the same options, number by number", async () => {
    const { call, read, train } = visit();
    await read(tableOf("class", 300));
    await train(small);
    const first = await call.save();
    await train({ ...small, seed: 1 }, 1);
    expect(await call.save()).not.toEqual(first);
    await train(small, 2);
    expect(await call.save()).toEqual(first);
  });

  it("trains as many epochs again after its end, and has a whole epoch's configuration wherever it stands", async () => {
    const { call, read, train, done, status, steps, under } = visit();
    await read(tableOf("number", 300));
    await train(small);
    expect(lengthOf(status()?.progress ?? fail(), 8)).toEqual({ epochs: 2, onTheWay: false });
    await call.play();
    await done();
    expect(status()?.progress).toMatchObject({ step: 32, until: 32 });
    expect(lengthOf(status()?.progress ?? fail(), 8)).toEqual({ epochs: 4, onTheWay: false });
    await call.begin(long, 1);
    await call.play();
    await under(0);
    expect(lengthOf(status()?.progress ?? fail(), 8)).toEqual({ epochs: 100_000, onTheWay: true });
    await call.pause();
    const at = steps();
    expect(status()?.progress.running).toBe(false);
    await call.predict(["1", "2", "3"]);
    expect(steps()).toBe(at);
    await call.play();
    await under(at);
  });

  it.each([
    ["a row too short", "a,b\n1,2\n3\n", [3, 2], /a row of 1 cell/],
    ["a quote that is not closed", 'a,b\n1,2\n"3,4\n', [3, 1], /a quote that is never closed/],
    ["two columns of one name", "a,a\n1,2\n", [1, 2], /the name of column 1 too/],
  ] as const)(
    "refuses a table with %s by line and column, and keeps the one before",
    async (_, text, place, message) => {
      const { read, call, train, status } = visit();
      await read(tableOf("number", 50), "before.csv");
      const refused = await refusalOf(read(text, "broken.csv"));
      if (!(refused instanceof DataError)) throw new Error("it was taken");
      expect([refused.line, refused.column]).toEqual(place);
      expect(refused.message).toMatch(message);
      expect(await call.look("y")).toMatchObject({ guess: { task: "regression" } });
      await train(small);
      expect(status()?.judgement.train.rows).toBe(40);
      // Mended, the same file is read.
      expect(await read("a,b\n1,2\n2,4\n3,6\n", "broken.csv")).toMatchObject({ file: "broken.csv", rows: 3 });
    },
  );

  it("names line and column of a cell without a number in a chosen column, and in the form", async () => {
    const { read, call, train } = visit();
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${i === 7 ? "" : i * 2},${i / 3}`);
    const { columns } = await read(["a,b,y", ...rows].join("\n"), "gaps.csv");
    expect(columns[1]).toMatchObject({ kind: "mixed", odd: { line: 9, cell: "" } });
    const refused = await refusalOf(call.begin({ ...small, ignored: [] }, 0));
    expect(refused).toMatchObject({ line: 9, column: 2 });
    expect(String(refused)).toMatch(/gaps\.csv: line 9, column 2 \("b"\).*an empty cell/s);
    await train({ ...small, ignored: ["b"] });
    const cell = await refusalOf(call.predict(["x"]));
    expect(cell).toBeInstanceOf(DataError);
    expect(cell).toMatchObject({ where: 'the form: line 1, column 1 ("a")', got: '"x"', expected: "a number" });
    expect(await call.predict([" 3 "])).toEqual(await call.predict(["3"]));
  });

  it("tests on one row if there are five, and has no variance to explain there; on none if so asked", async () => {
    const { read, train, status } = visit();
    await read("a,y\n1,2\n2,4\n3,6\n4,8\n5,10\n");
    const begun = await train({ ...small, ignored: [] });
    expect([begun.testRows, status()?.judgement.test?.rows]).toEqual([1, 1]);
    expect(status()?.judgement.test?.fit?.r2).toBeNaN();
    const other = await train({ ...small, ignored: [], testFraction: 0 }, 1);
    expect([other.trainRows, other.testRows, status()?.judgement.test]).toEqual([5, 0, undefined]);
    expect(status()?.judgement.residuals?.predicted).toHaveLength(5);
    expect(other.example).toHaveLength(1);
  });

  it("has no network any more once another table is read", async () => {
    const { read, call, events, under } = visit();
    await read(tableOf("number", 100));
    await call.begin(long, 0);
    await call.play();
    await under(0);
    await read("a,y\n1,2\n2,4\n3,6\n", "other.csv");
    const { length } = events;
    await expect(call.predict(["1", "2", "3"])).rejects.toThrow("no run was begun");
    await expect(call.save()).rejects.toThrow("no run was begun");
    // Nothing to do, in turn after all that was under way.
    await call.play();
    await call.pause();
    expect(events).toHaveLength(length);
  });

  it("of many classes tells what does not grow with them, and judges as a whole", async () => {
    const { read, call, status, events } = visit();
    // More than are predicted at once.
    const [classes, rows] = [530, 2000];
    const lines = Array.from({ length: rows }, (_, i) => `${i % 7},${i / rows},class ${i % classes}`);
    await read(["a,b,y", ...lines].join("\n"));
    const options = { ...small, ignored: [], batch: 512, epochs: 1, testFraction: 0 };
    await call.begin(options, 0);
    // How far it is, until it is ready.
    expect(events.slice(0, -1)).toEqual(
      [0, 0.989].map((share) => ({ kind: "readying", run: 0, share: expect.closeTo(share) })),
    );
    const { judgement } = status() ?? fail();
    if (!judgement.confusion || !("pairs" in judgement.confusion)) throw new Error("a matrix of many classes");
    // A matrix of them has 280,900 numbers.
    expect(JSON.stringify(status()).length).toBeLessThan(5000);
    const { pairs, confused } = judgement.confusion;
    const times = pairs.map((pair) => pair.times);
    expect(times).toHaveLength(MOST_PAIRS);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(confused).toBeGreaterThan(rows / 2);

    // Some rows at a time, the same as all at once.
    const given = lines.map((line) => Object.fromEntries(line.split(",").map((cell, i) => ["aby"[i] ?? "", cell])));
    const { description, prediction } = await openModel(await call.save(), given);
    const numbers = new Map(description.classes.map((name, i) => [name, i]));
    const targets = given.map(({ y = "" }) => numbers.get(y) ?? Number.NaN);
    const whole = scoreOf({ ...prediction, classes: prediction.classes }, targets, description);
    expect(judgement.train.rows).toBe(rows);
    expect(judgement.train.accuracy).toBeCloseTo(whole.accuracy ?? Number.NaN, 12);
    expect(judgement.train.loss).toBeCloseTo(whole.loss, 12);
    const made = await call.predict(["1", "0.5"]);
    expect(made.task === "classification" && made.likeliest.length).toBe(MOST_BARS);
  });

  it("ends a run amid its judgement, and begins the next", async () => {
    const { read, call, tables, events, faults } = visit();
    const lines = Array.from({ length: 2000 }, (_, i) => `${i % 7},${i % 5},class ${i % 530}`);
    await read(["a,b,y", ...lines].join("\n"));
    const options = { ...small, ignored: [], testFraction: 0 };
    const begun = refusalOf(call.begin(options, 0));
    const next = call.begin({ ...options, target: "a", ignored: ["y"] }, 1);
    expect(await begun).toMatchObject({ name: "AbortError" });
    expect(await next).toMatchObject({ run: 1, task: "classification" });
    expect(events.map(({ status }) => status.run)).toEqual([1]);
    const last = refusalOf(call.beginPrepared(await tables.prepare(options), options, 2));
    await call.end();
    expect(await last).toMatchObject({ name: "AbortError" });
    expect([events.length, faults]).toEqual([1, []]);
  });

  it("says of an id that it is one before anything is trained, and takes another column for the target", async () => {
    const { tables } = visit();
    const lines = Array.from({ length: 60 }, (_, i) => `${i % 5},${i % 3},text ${i},${i + 1}`);
    const { target } = await tables.read({ name: "ids.csv", content: ["a,b,name,id", ...lines].join("\n") });
    expect(target).toBe("b");
    expect((await tables.look("b")).doubts).toEqual({ classification: undefined, regression: undefined });
    const id = await tables.look("id");
    expect(id.guess.task).toBe("regression");
    expect(id.doubts.regression).toMatchObject({ refused: false, fault: { name: "DataError" } });
    expect((await tables.look("name")).doubts.classification).toMatchObject({
      refused: false,
      fault: { parts: { got: "more than 30 classes on 60 rows" } },
    });
  });

  it("refuses more classes than can be judged, and says so before anything is trained", async () => {
    const { tables } = visit();
    const rows = 12_000;
    const lines = Array.from({ length: rows }, (_, i) => `${i % 5},text ${i}`);
    await tables.read({ name: "texts.csv", content: ["a,y", ...lines].join("\n") });
    const { doubts } = await tables.look("y");
    const got = "12,000 classes on 12,000 rows";
    expect(doubts.classification).toMatchObject({ refused: true, fault: { parts: { got } } });
    const refused = await refusalOf(tables.prepare({ ...options, ignored: [] }));
    const expected = "at most 11,184 classes on so many rows";
    expect(refused).toMatchObject({ got, expected, remedy: "choose another target, or ignore this column", column: 2 });
  });

  it("counts the classes of a table as they are learned: 1 and 1.0 are one", async () => {
    const { tables } = visit();
    const lines = Array.from({ length: 12_000 }, (_, i) => `${i % 5},${i % 6000}${i < 6000 ? "" : ".0"}`);
    await tables.read({ name: "numbers.csv", content: ["a,y", ...lines].join("\n") });
    expect((await tables.look("y")).doubts.classification).toBeUndefined();
    const { data } = await tables.prepare({ ...options, target: "y", task: "classification", ignored: [] });
    expect(data.description.classes).toHaveLength(6000);
  });

  it("moves the numbers of a table to the worker that trains, and copies none", async () => {
    const { tables } = visit();
    await tables.read({ name: "t.csv", content: tableOf("class", 100) });
    const { data, moved } = await tables.prepare(small);
    const arrays = [data.train, data.test ?? data.train].flatMap((part) => [
      part.data.inputs,
      part.data.targets,
      part.targets,
    ]);
    expect(arrays.every(({ buffer }) => moved.includes(buffer as ArrayBuffer))).toBe(true);
    expect(new Set(moved).size).toBe(moved.length);
  });

  it("tells nothing of a run once the next one is begun, nor anything once it is closed", async () => {
    const { read, call, events, under, faults, close } = visit();
    await read(tableOf("number", 100));
    await call.begin(long, 0);
    await call.play();
    await under(0);
    // The end of the one before is no news either.
    const from = events.length;
    await call.begin(long, 1);
    expect(events[from]?.status.progress).toMatchObject({ step: 0, running: false });
    await call.play();
    await under(0);
    expect(events.slice(from).every(({ status }) => status.run === 1)).toBe(true);
    const { length } = events;
    close();
    // In turn after its end.
    await call.pause();
    expect([events.length, faults]).toEqual([length, []]);
  });

  it("takes 300 inputs, and predicts from all of them", async () => {
    const { read, call, train } = visit();
    const names = Array.from({ length: 301 }, (_, i) => `c${i}`);
    const rows = Array.from({ length: 10 }, (_, row) => names.map((_, i) => (row * i) % 7).join(","));
    const { columns } = await read([names.join(","), ...rows].join("\n"), "wide.csv");
    expect(columns).toHaveLength(301);
    const { inputs, example } = await train({ ...small, target: "c300", task: "regression", ignored: [] });
    expect([inputs.length, example.length]).toEqual([300, 300]);
    const before = await call.predict(example);
    expect(await call.predict(example.with(299, "100"))).not.toEqual(before);
  });

  it("learns the sample of houses, whose options come with the address", async () => {
    const { read, train, status } = visit();
    const [houses] = samples;
    await read((await houses?.make()) ?? "", houses?.file);
    const begun = await train({ ...initialOptions, target: "price", ignored: ["garden"], layers: [16, 8], epochs: 10 });
    expect(begun.inputs).toEqual(["area", "rooms", "age", "distance"]);
    expect(begun.plan.tensors.W1?.shape).toEqual([16, 4]);
    expect(begun.plan.tensors.W3?.shape).toEqual([1, 8]);
    expect(status()?.judgement.test?.rows).toBe(160);
  });

  it("says what is missing, and what stopped a training that fails", async () => {
    const { read, call, faults, status, until } = visit();
    await expect(call.look("y")).rejects.toThrow("no table was read");
    await expect(call.begin(small, 0)).rejects.toThrow("no table was read");
    await read(tableOf("number", 100));
    await call.begin({ ...small, optimizer: "sgd", rate: 1e38 }, 0);
    await call.play();
    await until(() => faults.length > 0 && status()?.progress.running === false);
    expect(faults).toEqual([expect.any(NumericError)]);
  });
});

function fail(): never {
  throw new Error("nothing was told");
}
