import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { processTerminal } from "../../src/cli/terminal.ts";
import { DeviceError } from "../../src/errors.ts";
import { useDevice } from "../helpers/device.ts";
import { useWorkplace } from "./cli.ts";
import { createWorkplace, digits } from "./command.ts";

const device = await useDevice();
/** For the few commands that fail while they work; all others open none. */
const onDevice = { openDevice: async () => device };
/** What train makes of the table. */
let model: Buffer;
beforeAll(async () => {
  const own = createWorkplace();
  own.write("data.csv", good);
  const { status, stderr } = await own.run([...train, "--epochs", "2", "--layers", "3", "--out", "m"], onDevice);
  expect(status, stderr).toBe(0);
  model = readFileSync(join(own.folder, "m"));
  own.remove();
});

const place = useWorkplace();
beforeEach(() => place.write("data.csv", good));

const good = `a,b,y\n${Array.from({ length: 20 }, (_, i) => `${i},${i * i},${i < 10 ? "no" : "yes"}`).join("\n")}\n`;
const train = ["train", "data.csv", "--target", "y"];

/** The command fails with this one line, prints no stack, opens no device, and leaves the folder as it was. */
async function refuses(args: readonly string[], message: string): Promise<void> {
  const before = place.files();
  const { status, stderr } = await place.run(args);
  expect(stderr).toBe(`error: ${message}\n`);
  expect(status).toBe(1);
  expect(place.files()).toEqual(before);
}

it("train says that the target is an id before it opens a device", async () => {
  place.write("ids.csv", `x,id\n${Array.from({ length: 30 }, (_, i) => `${i},n${i}`).join("\n")}\n`);
  const refused = new DeviceError({ where: "openDevice", got: "none", expected: "one", remedy: "find one" });
  const outcome = await place.run(["train", "ids.csv", "--target", "id"], {
    openDevice: () => Promise.reject(refused),
  });
  expect(outcome.stderr).toBe(
    `warning: ids.csv: column 2 ("id"): got more than 15 classes on 30 rows, expected at most half as many classes as rows; choose another target, unless this is the one.\nerror: ${refused.message}\n`,
  );
});

describe("no command writes over a file that it reads:", () => {
  const refusal = (out: string, read: string) =>
    `${out}: got the path of ${read}, which is read, expected a file of its own; give another path with --out.`;

  it("train its table, by --out, by the default name or by a link", async () => {
    await refuses([...train, "--out", "data.csv"], refusal("data.csv", "data.csv"));
    place.write("data.safetensors", good);
    await refuses(["train", "data.safetensors", "--target", "y"], refusal("data.safetensors", "data.safetensors"));
    symlinkSync("data.csv", join(place.folder, "link"));
    await refuses([...train, "--out", "link"], refusal("link", "data.csv"));
    expect(readFileSync(join(place.folder, "data.csv"), "utf8")).toBe(good);
  });

  it("predict its model and its table", async () => {
    place.write("m.safetensors", model);
    for (const read of ["m.safetensors", "data.csv"]) {
      await refuses(["predict", "m.safetensors", "data.csv", "--out", read], refusal(read, read));
    }
  });
});

describe("train refuses a configuration", () => {
  const known =
    "target, task, ignore, seed, test-fraction, scale, scale-target, layers, activation, initializer, batch, epochs, optimizer, momentum, learning-rate, schedule, weight-decay, decay";
  const object = 'a JSON object of options, such as {"layers": "64,32"}';

  it.each([
    ["of unknown keys", '{"layer": "8"}', `got key "layer", expected options of train: ${known}; write layers.`],
    ["that is a list", "[1]", `got a list of 1, expected ${object}; give an object.`],
    [
      "of a number out of its range",
      '{"epochs": 0}',
      '"epochs": got "0", expected a whole number from 1 to 4294967295; give such a number.',
    ],
    [
      "of a list",
      '{"layers": [8]}',
      '"layers": got a list of 1, expected text or a number; give it as --layers takes it.',
    ],
    ["of nothing", '{"seed": null}', '"seed": got null, expected text or a number; give it as --seed takes it.'],
    [
      "of a word that is none",
      '{"optimizer": "adm"}',
      '"optimizer": got "adm", expected one of sgd, momentum, adam, adamw; write adam.',
    ],
    [
      "of lists in lists, which take fifty times their length",
      `{"layers": ${"[".repeat(1000)}8${"]".repeat(1000)}}`,
      `got lists or objects in others, which no option has, expected ${object}; mend the file.`,
    ],
    [
      "longer than any",
      JSON.stringify({ ignore: "name,".repeat(2 ** 22) }),
      `got 20971533 bytes, expected ${object}, of at most 16777216; give another file.`,
    ],
  ])("%s", async (_, text, message) => {
    place.write("c.json", text);
    await refuses([...train, "--config", "c.json"], `c.json: ${message}`);
  });

  it.each(["config", "out", "force", "tune"])("that says %s, which is for the command line", async (key) => {
    place.write("c.json", `{"${key}": "victim"}`);
    await refuses(
      [...train, "--config", "c.json"],
      `c.json: got key "${key}", expected options of train: ${known}; leave it out, and give --${key} on the command line.`,
    );
  });

  it("that is no JSON, or not there", async () => {
    place.write("c.json", "{");
    const { status, stderr } = await place.run([...train, "--config", "c.json"]);
    expect(stderr).toMatch(
      /^error: c\.json: got no JSON \(.+\), expected a JSON object of options, .+; mend the file\.\n$/,
    );
    expect(status).toBe(1);
    await refuses(
      [...train, "--config", "none.json"],
      "none.json: got no such file or folder, expected a file that can be read; check the path.",
    );
  });

  it("and does not write over it", async () => {
    place.write("c.json", "{}");
    await refuses(
      [...train, "--config", "c.json", "--out", "c.json", "--force"],
      "c.json: got the path of c.json, which is read, expected a file of its own; give another path with --out.",
    );
  });
});

describe("train refuses, in one line and without a file left behind,", () => {
  it.each([
    [
      "an empty file",
      "",
      "data.csv: got an empty file, expected a first line that names the columns, and rows below it; check that this is the right file.",
    ],
    [
      "a table without rows",
      "a,b,y\n",
      "data.csv: got a first line and no rows, expected at least one row below the names of the columns; add rows, or check that the file was written to its end.",
    ],
    [
      "a ragged row",
      "a,b,y\n1,2,no\n3,yes\n",
      "data.csv: line 3, column 3: got a row of 2 cells, expected 3, one for each column; add what is missing.",
    ],
    [
      "an input that is no number",
      "a,b,y\n1,2,no\n3,four,yes\n",
      'data.csv: line 3, column 2 ("b"): got "four" (1 of 2 cells of column "b" is no number), expected a number; mend the cell, leave out its row, or leave out the column with --ignore b.',
    ],
    [
      "NaN in the data",
      "a,b,y\n1,2,no\nNaN,4,yes\n",
      'data.csv: line 3, column 1 ("a"): got "NaN" (1 of 2 cells of column "a" is no number), expected a number; mend the cell, leave out its row, or leave out the column with --ignore a.',
    ],
    [
      "a cell left empty",
      "a,b,y\n1,2,no\n3,,yes\n",
      'data.csv: line 3, column 2 ("b"): got an empty cell (1 of 2 cells of column "b" is no number), expected a number; mend the cell, leave out its row, or leave out the column with --ignore b.',
    ],
    [
      "one class only",
      "a,b,y\n1,2,no\n3,4,no\n",
      'data.csv: column 3 ("y"): got one class only, "no" on every row, expected at least two classes; add rows of other classes, or choose another target.',
    ],
    [
      "one number only",
      `a,b,y\n${Array.from({ length: 10 }, (_, i) => `${i},${i * i},5.5`).join("\n")}\n`,
      'data.csv: column 3 ("y"): got 5.5 on every row to train on, expected at least two different numbers; add rows with other numbers, or choose another target.',
    ],
    [
      "no column to learn from",
      "y\nno\nyes\n",
      "data.csv: got no column beside the target, expected at least one column to learn from; add a column of numbers.",
    ],
    [
      "bytes that are no text",
      "a,b,y\n1,\u0000,no\n",
      "data.csv: got bytes that are no text in UTF-8, expected text in UTF-8; save the table as CSV in UTF-8.",
    ],
    [
      "too few rows for a test part",
      "a,b,y\n1,2,no\n3,4,yes\n",
      "split: got 2 rows to train on and 0 to test on, of 2 rows at test fraction 0.2, expected at least one row in each part; add rows, or change the test fraction; 0 trains on all rows and tests on none.",
    ],
  ])("%s", async (_, text, message) => {
    place.write("data.csv", text);
    await refuses(train, message);
  });

  it.each([
    [
      "a missing file",
      ["train", "nowhere.csv", "--target", "y"],
      "nowhere.csv: got no such file or folder, expected a file that can be read; check the path.",
    ],
    ["a folder", ["train", ".", "--target", "y"], ".: got a folder, expected a file that can be read; check the path."],
    [
      "an unknown target",
      ["train", "data.csv", "--target", "Y"],
      'data.csv: got target column "Y", expected one of the columns "a", "b", "y"; did you mean "y"? Give one of these.',
    ],
    [
      "an unknown column to ignore",
      [...train, "--ignore", "id"],
      'data.csv: got ignored column "id", expected one of the columns "a", "b", "y"; give the name of one of these columns.',
    ],
    [
      "the target among the columns to ignore",
      [...train, "--ignore", "a,y"],
      'data.csv: got ignored column "y", expected other columns than the target; leave the target out of the columns to ignore.',
    ],
    [
      "a scaling of a target of classes",
      [...train, "--scale-target", "minmax"],
      "--scale-target: got minmax for a target of classes, expected a target of numbers; leave --scale-target out, or add --task regression.",
    ],
    [
      "a text target for a regression",
      [...train, "--task", "regression"],
      'data.csv: line 2, column 3 ("y"): got "no" (20 of 20 cells of column "y" are no numbers), expected a number; choose the task classification, or another target.',
    ],
    [
      "a hidden size of 0",
      [...train, "--layers", "8,0"],
      '--layers: got size "0" for hidden layer 2, expected a whole number of at least 1; give sizes such as 64,32, or none for no hidden layer.',
    ],
    [
      "a hidden size of -1",
      [...train, "--layers", "-1"],
      '--layers: got size "-1" for hidden layer 1, expected a whole number of at least 1; give sizes such as 64,32, or none for no hidden layer.',
    ],
    [
      "more hidden layers than any training ends with",
      [...train, "--layers", Array(1001).fill(1).join()],
      "--layers: got 1001 hidden layers, expected at most 1000; give fewer, of more units each.",
    ],
    [
      "an unknown activation",
      [...train, "--activation", "gelu"],
      '--activation: got "gelu", expected one of identity, relu, sigmoid, tanh; give one of these.',
    ],
    [
      "an unknown optimizer",
      [...train, "--optimizer", "sgdm"],
      '--optimizer: got "sgdm", expected one of sgd, momentum, adam, adamw; write sgd.',
    ],
    [
      "no epochs",
      [...train, "--epochs", "0"],
      '--epochs: got "0", expected a whole number from 1 to 4294967295; give such a number.',
    ],
    [
      "more epochs than are counted",
      [...train, "--epochs", "5000000000"],
      '--epochs: got "5000000000", expected a whole number from 1 to 4294967295; give such a number.',
    ],
    [
      "epochs of more steps than are counted",
      [...train, "--epochs", "4000000000", "--batch", "8"],
      "--epochs: got 4000000000 of 2 steps each, expected at most 2147483647, since a training counts 4294967295 steps; train for fewer epochs.",
    ],
    [
      "an unknown schedule",
      [...train, "--schedule", "cosin"],
      '--schedule: got "cosin", expected one of constant, cosine; write cosine.',
    ],
    [
      "a seed past 32 bits",
      [...train, "--seed", "4294967296"],
      '--seed: got "4294967296", expected a whole number from 0 to 4294967295; give such a number.',
    ],
    [
      "a learning rate that is no number",
      [...train, "--learning-rate", "fast"],
      `--learning-rate: got "fast", expected a number above 0 in float32's range; give a number such as 0.1.`,
    ],
    [
      "a learning rate of 0",
      [...train, "--learning-rate", "0"],
      `--learning-rate: got "0", expected a number above 0 in float32's range; give a number such as 0.1.`,
    ],
    [
      "a weight decay below 0",
      [...train, "--weight-decay", "-1"],
      `--weight-decay: got "-1", expected a number, 0 or above, in float32's range; give a number such as 0.001.`,
    ],
    [
      "a momentum of 1",
      [...train, "--optimizer", "momentum", "--momentum", "1"],
      '--momentum: got "1", expected a number from 0 to below 1; give a number such as 0.9.',
    ],
    [
      "epochs in part",
      [...train, "--epochs", "1.5"],
      '--epochs: got "1.5", expected a whole number from 1 to 4294967295; give such a number.',
    ],
    [
      "a test fraction of 1",
      [...train, "--test-fraction", "1"],
      '--test-fraction: got "1", expected a number from 0 to below 1; give a number such as 0.2, or 0 for no test part.',
    ],
    [
      "momentum for adam",
      [...train, "--optimizer", "adam", "--momentum", "0.9"],
      "--momentum: got momentum with adam, expected sgd or momentum as the optimizer; leave --momentum out.",
    ],
    [
      "a kind of decay for adamw",
      [...train, "--optimizer", "adamw", "--decay", "per-batch"],
      "--decay: got decay with adamw, expected another optimizer, since adamw always decays per step; leave --decay out.",
    ],
    [
      "an output in no folder",
      [...train, "--out", "none/m.safetensors"],
      "none/m.safetensors: got no such file or folder, expected a file that can be written; give another path, or make its folder.",
    ],
    [
      "an output that is a folder",
      [...train, "--out", "."],
      ".: got a folder, expected a file that can be written; give another path, or make its folder.",
    ],
    [
      "an output that names a folder yet to be made",
      [...train, "--out", "new/"],
      "new/: got a folder, expected a file that can be written; give another path, or make its folder.",
    ],
    [
      "an output without a name",
      [...train, "--out", ""],
      "--out: got an empty path, expected a file that can be written; give the path of a file.",
    ],
    [
      "a batch larger than the data",
      [...train, "--batch", "17"],
      "--batch: got 17 rows, expected at most 16, the rows to train on; take a smaller batch or more rows.",
    ],
  ])("%s", async (_, args, message) => {
    await refuses(args, message);
  });

  it("a tensor larger than the device allows", async () => {
    const { status, stderr } = await place.run([...train, "--layers", "2000000000"], onDevice);
    expect(stderr).toMatch(
      /^error: train plan: tensor W1 \[2000000000, 2\]: got 14\.9 GiB, expected at most \S+ GiB, the largest .* of this device; take smaller layers or batches\.\n$/,
    );
    expect(status).toBe(1);
    expect(place.files()).toEqual(["data.csv"]);
  });

  it("to go on with numbers that are not finite, and keeps the model that was there", async () => {
    place.write("m.safetensors", model);
    const args = [...train, "--learning-rate", "1e30", "--scale", "none", "--out", "m.safetensors"];
    const { status, stdout, stderr } = await place.run(args, onDevice);
    expect(stdout).toContain("m.safetensors: is there, and will be replaced when the training ends\n");
    expect(stderr).toMatch(
      /^no model written to m\.safetensors\nerror: training: step \d+: .*, expected a finite objective; .*\n$/m,
    );
    expect(status).toBe(1);
    expect(place.files()).toEqual(["data.csv", "m.safetensors"]);
    expect(readFileSync(join(place.folder, "m.safetensors"))).toEqual(model);
  });

  it("to replace what is no model of train, unless it is asked to", async () => {
    for (const content of ["precious", model.subarray(0, 40), "\u0000".repeat(9)]) {
      place.write("m.safetensors", content);
      await refuses(
        [...train, "--out", "m.safetensors"],
        "m.safetensors: got a file that is there already, and no model that train wrote, expected the path of a new file; give another path with --out, or add --force to replace the file.",
      );
    }
    const { status, stderr } = await place.run(
      [...train, "--epochs", "1", "--layers", "3", "--out", "m.safetensors", "--force"],
      onDevice,
    );
    expect(status, stderr).toBe(0);
  });

  it("an adapter of which the environment says what is unknown", async () => {
    vi.stubEnv("CHAINRULE_ADAPTER", "voodoo");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { openDevice } = processTerminal();
    const { status, stderr } = await place.run(train, { openDevice });
    expect(stderr).toBe(
      'error: CHAINRULE_ADAPTER: got "voodoo", expected swiftshader, own, or nothing; set it to one of these, or unset it.\n',
    );
    expect(status).toBe(1);
  });
});

describe("predict refuses, in one line and without a file left behind,", () => {
  const predict = ["predict", "m.safetensors", "data.csv", "--out", "p.csv"];
  beforeEach(() => place.write("m.safetensors", model));

  it("a missing model", async () => {
    await refuses(
      ["predict", "none.safetensors", "data.csv"],
      "none.safetensors: got no such file or folder, expected a file that can be read; check the path.",
    );
  });

  it("a table for a model", async () => {
    await refuses(
      ["predict", digits, "data.csv"],
      `${digits}: got a file that begins otherwise, expected a safetensors file, which begins with the length of its header in 8 bytes; give a model written by chainrule, or get the file again.`,
    );
  });

  it("a model cut short", async () => {
    place.write("m.safetensors", model.subarray(0, -5));
    const { byteLength } = model;
    const data = byteLength - 8 - Number(model.readBigUInt64LE());
    await refuses(
      predict,
      `m.safetensors: got ${data - 5} bytes of data, expected ${data} bytes, as the header says; the file is cut short: get it again, or save it anew.`,
    );
  });

  it("a model cut short anywhere", async () => {
    for (const length of [0, 7, 100]) {
      place.write("m.safetensors", model.subarray(0, length));
      const { status, stderr } = await place.run(predict);
      expect(stderr).toMatch(/^error: m\.safetensors: got [^\n]*\n$/);
      expect(status).toBe(1);
      expect(place.files()).toEqual(["data.csv", "m.safetensors"]);
    }
  });

  it("a table that lacks a column", async () => {
    place.write("data.csv", "a,c\n1,2\n");
    await refuses(
      predict,
      'data.csv: got columns "a", "c", expected a column "b"; give a table with the columns that the model was trained on.',
    );
    place.write("data.csv", "a,B\n1,2\n");
    await refuses(
      predict,
      'data.csv: got columns "a", "B", expected a column "b"; rename the column "B" if it is the one.',
    );
  });

  it("a table of which no row can be predicted", async () => {
    place.write("data.csv", "a,b\n1,inf\n");
    await refuses(
      predict,
      'data.csv: line 2, column 2 ("b"): got "inf", expected a number; mend the cell, or leave out its row.',
    );
  });

  it("an output that is there", async () => {
    place.write("p.csv", "precious");
    await refuses(
      predict,
      "p.csv: got a file that is there already, expected the path of a new file; give another path with --out, or add --force to replace the file.",
    );
  });

  it("an output that is a folder", async () => {
    mkdirSync(join(place.folder, "taken"));
    await refuses(
      ["predict", "m.safetensors", "data.csv", "--out", "taken"],
      "taken: got a folder, expected a file that can be written; give another path, or make its folder.",
    );
  });
});

describe("plan refuses", () => {
  it.each([
    ["text among numbers", "a,b,y\n1,2,no\n3,four,yes\n5,6,yes\n", []],
    ["a column of text", "a,b,y\n1,x,no\n3,z,yes\n5,z,yes\n", []],
    ["an unknown class or none", "a,b,y\n1,2,\n3,4,yes\n", []],
    ["one number only", "a,b,y\n1,2,5.5\n3,4,5.5\n5,6,5.5\n", []],
    ["too few rows", "a,b,y\n1,2,no\n3,4,yes\n", []],
    ["a number too large when it is scaled", `a,y\n${"1,1.5\n1.0001,2.5\n".repeat(9)}3e38,3.5\n`, []],
    ["a scaling of classes", good, ["--scale-target", "minmax"]],
    ["more epochs than are counted", good, ["--epochs", "4294967295", "--batch", "1"]],
  ])("%s as train does", async (_, text, options) => {
    place.write("data.csv", text);
    const refused: string[] = [];
    for (const command of ["train", "plan"]) {
      const { status, stderr } = await place.run([command, "data.csv", "--target", "y", ...options]);
      expect(status, stderr).toBe(1);
      refused.push(stderr);
    }
    expect(refused[0]).toMatch(/^error: [^\n]+\n$/);
    expect(refused[1]).toBe(refused[0]);
  });

  it("neither a table nor sizes", async () => {
    await refuses(
      ["plan", "--inputs", "3"],
      "plan: got no table and no sizes, expected a table, or both --inputs and --outputs; write plan data.csv --target column, or plan --inputs 64 --outputs 10.",
    );
  });

  it("a batch larger than the data", async () => {
    await refuses(
      ["plan", "data.csv", "--target", "y", "--batch", "17"],
      "--batch: got 17 rows, expected at most 16, the rows to train on; take a smaller batch or more rows.",
    );
  });

  it.each([
    ["--inputs", "3"],
    ["--outputs", "2"],
    ["--rows", "9"],
  ])("a table and %s", async (flag, value) => {
    await refuses(
      ["plan", "data.csv", "--target", "y", flag, value],
      `${flag}: got ${value} beside a table, expected sizes from the one or the other; leave ${flag} out, or the table.`,
    );
  });

  it.each([
    ["--target", "y"],
    ["--ignore", "a"],
    ["--test-fraction", "0.2"],
    ["--scale", "none"],
  ])("sizes and %s, which is of a table", async (flag, value) => {
    await refuses(
      ["plan", "--inputs", "3", "--outputs", "2", flag, value],
      `${flag}: got ${flag} without a table, expected a table, or sizes alone; leave ${flag} out, or give a table.`,
    );
  });

  it("a table without a target", async () => {
    await refuses(
      ["plan", "data.csv"],
      "plan: got a table without --target, expected the column to predict; add --target with the name of a column.",
    );
  });
});
