import { describe, expect, it } from "vitest";
import {
  configName,
  configOf,
  fitTo,
  fromQuery,
  initialOptions,
  lengthOf,
  toQuery,
} from "../../../demo/src/pages/data/options.ts";
import { summarize } from "../../../demo/src/pages/data/summary.ts";
import { namesOption } from "../../../src/cli/options.ts";
import { readCsv } from "../../../src/table.ts";

describe("the options of the page Your data", () => {
  it("become the configuration that trains the same in the command line", () => {
    const options = {
      ...initialOptions,
      target: "price in £",
      ignored: ["id", "street name"],
      layers: [],
      decay: 0.01,
    };
    expect(configOf(20, "regression", options)).toEqual({
      ...{ target: "price in £", task: "regression", ignore: "id,street name", layers: "none", activation: "relu" },
      ...{ initializer: "he", optimizer: "adam", "learning-rate": 0.003, schedule: "constant" },
      ...{ "weight-decay": 0.01, batch: 16, epochs: 50, seed: 0 },
      ...{ "test-fraction": 0.2, scale: "standard", "scale-target": "standard" },
    });
    expect(Object.keys(configOf(20, "classification", options))).not.toContain("scale-target");
    const names = ["Maker, model", 'size ""', "id"];
    const { ignore } = configOf(20, "regression", { ...options, ignored: names });
    expect(namesOption(String(ignore))).toEqual(names);
    expect(configName("my houses.csv")).toBe("my houses.config.json");
  });

  it.each([
    ["was not begun", { running: false, step: 0, until: 20 }, { epochs: 2, onTheWay: false }],
    ["was played again", { running: false, step: 40, until: 40 }, { epochs: 4, onTheWay: false }],
    ["was paused after an epoch", { running: false, step: 30, until: 40 }, { epochs: 3, onTheWay: false }],
    ["was paused within an epoch", { running: false, step: 31, until: 40 }, { epochs: 4, onTheWay: true }],
    ["runs", { running: true, step: 30, until: 40 }, { epochs: 4, onTheWay: true }],
  ])("train as long as a training that %s", (_, progress, length) => {
    expect(lengthOf(progress, 10)).toEqual(length);
  });

  it("come back from the address, and nonsense in it is left aside", () => {
    const options = { ...initialOptions, target: "y", task: "regression", layers: [8, 4], seed: 9 } as const;
    expect(fromQuery(toQuery(options, initialOptions, "houses"), initialOptions)).toEqual(options);
    const nonsense = new URLSearchParams("layers=a&rate=-1&epochs=0.5&task=guess&scale=huge&seed=-1");
    expect(fromQuery(nonsense, initialOptions)).toEqual(initialOptions);
    for (const text of ["rate=Infinity&decay=Infinity", "rate=1e-46&decay=1e39"]) {
      expect(fromQuery(new URLSearchParams(text), initialOptions)).toEqual(initialOptions);
    }
  });
});

describe("the ignored columns of the page Your data", () => {
  const read = (text: string) => fromQuery(new URLSearchParams(text), initialOptions).ignored;

  it("come back from the address with commas and percents in their names", () => {
    const ignored = ["Maker, model", "100%", "a%2Cb", "%", ",", "£ ü"];
    const query = toQuery({ ...initialOptions, ignored }, initialOptions, undefined);
    expect(read(query.toString())).toEqual(ignored);
    expect(
      toQuery({ ...initialOptions, ignored: ["id", "street name"] }, initialOptions, undefined).get("ignored"),
    ).toBe("id,street name");
    expect(read("ignored=id,100%,street+name")).toEqual(["id", "100%", "street name"]);
  });

  it("are those that the table has, without its target", () => {
    const options = { ...initialOptions, target: "y", ignored: ["a", "phantom", "y"] };
    const from = { ...initialOptions, target: "b" };
    expect(fitTo(["a", "b", "y"], options, from)).toEqual({ ...options, ignored: ["a"] });
    expect(fitTo(["a", "b"], { ...options, ignored: ["a", "b"] }, from)).toEqual({ ...from, ignored: ["a"] });
  });
});

describe("the columns of a table", () => {
  it("say which line holds the first cell without a number", () => {
    const { columns } = summarize(readCsv("a,b,c\n1,2,x\n\n3,n/a,y\n,4,z\n", "t.csv"));
    expect(columns.map(({ kind, odd }) => [kind, odd])).toEqual([
      ["mixed", { line: 5, cell: "" }],
      ["mixed", { line: 4, cell: "n/a" }],
      ["text", { line: 2, cell: "x" }],
    ]);
  });

  it("hold no number where it is too large for float32", () => {
    const { columns } = summarize(readCsv("a,b,c\n1,3.4028234e38,2\n1e400,-5,-3.41e38\n", "t.csv"));
    expect(columns.map(({ kind, odd, range }) => [kind, odd, range])).toEqual([
      ["mixed", { line: 3, cell: "1e400" }, [1, 1]],
      ["whole numbers", undefined, [-5, 3.4028234e38]],
      ["mixed", { line: 3, cell: "-3.41e38" }, [2, 2]],
    ]);
  });
});
