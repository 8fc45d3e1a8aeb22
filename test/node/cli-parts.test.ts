import { execFileSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  formatCount,
  formatNumber,
  formatRate,
  formatSeconds,
  formatShare,
  formatTable,
} from "../../src/cli/format.ts";
import { catchInterrupt } from "../../src/cli/interrupt.ts";
import { describeNetwork, describeOptimizer, optimizerOf, stepsOf } from "../../src/cli/network.ts";
import { namesOption, wholeOption } from "../../src/cli/options.ts";
import { sayFault, sendLines, watchOutput } from "../../src/cli/output.ts";
import { formatConfusion, formatEpochs, formatScores } from "../../src/cli/report.ts";
import { cacheFolder, fileCache } from "../../src/cli/tune-cache.ts";
import { formatTuning } from "../../src/cli/tuning.ts";
import { measureFit } from "../../src/data/fit.ts";
import { dense, sequential } from "../../src/model/layer.ts";
import type { Report } from "../../src/run/types.ts";
import { hidden } from "../helpers/hidden.ts";
import { refusal } from "../helpers/refusal.ts";
import { createWorkplace, type Workplace } from "./command.ts";

describe("the optimizer", () => {
  const options = {
    layers: [8],
    activation: "relu",
    initializer: "glorot",
    optimizer: "adam",
    weightDecay: 0,
    epochs: 3,
  } as const;

  it.each([
    [{}, "adam, learning rate 0.01 by cosine to 0"],
    [{ learningRate: 0.003 }, "adam, learning rate 0.003 by cosine to 0"],
    [{ schedule: "constant" }, "adam, learning rate 0.01"],
    [{ optimizer: "adamw" }, "adamw, learning rate 0.01 by cosine to 0"],
    [{ optimizer: "sgd" }, "sgd, learning rate 0.1"],
    [{ optimizer: "sgd", schedule: "cosine" }, "sgd, learning rate 0.1 by cosine to 0"],
    [{ optimizer: "momentum" }, "momentum, learning rate 0.01, momentum 0.9"],
  ] as const)("of %j is the one that was asked for, with the rest that suits it", (given, text) => {
    const all = { ...options, ...given };
    expect(describeOptimizer(all, optimizerOf(all, 100))).toBe(text);
  });

  it("lowers its rate over all steps of the training", () => {
    expect(stepsOf(options, 100)).toBe(12);
    expect(stepsOf({ ...options, batch: 100, epochs: 7 }, 100)).toBe(7);
    expect(optimizerOf(options, 12).schedule).toMatchObject({ kind: "cosine", steps: 12, finalLearningRate: 0 });
  });
});

describe("the network", () => {
  it("is told in a line of few words, however many layers it has", () => {
    const model = sequential(Array.from({ length: 1000 }, () => dense(4294967295, "sigmoid")));
    const line = describeNetwork(model, 3, "halfSquaredError");
    expect(line).toContain("3 → 4294967295 sigmoid → ");
    expect(line).toContain(" → … 968 more … → ");
    expect(line.length).toBeLessThan(1000);
  });
});

describe("watchOutput", () => {
  const watched = () => {
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
    watchOutput(streams as unknown as Pick<NodeJS.Process, "stdout" | "stderr">);
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
    onTestFinished(() => exit.mockRestore());
    return { ...streams, exit };
  };
  const failure = (code: string) => Object.assign(new Error(code), { code });

  it("goes on where a reader or the terminal is gone, and whatever becomes of stderr", () => {
    const { stdout, stderr, exit } = watched();
    for (const code of ["EPIPE", "EIO"]) stdout.emit("error", failure(code));
    for (const code of ["EPIPE", "EIO", "ENOSPC"]) stderr.emit("error", failure(code));
    expect(exit).not.toHaveBeenCalled();
    expect(stderr.read()).toBeNull();
  });

  it("ends with status 1 where results cannot be written", () => {
    const { stdout, stderr, exit } = watched();
    stdout.emit("error", failure("ENOSPC"));
    expect(exit).toHaveBeenCalledExactlyOnceWith(1);
    expect(String(stderr.read())).toMatch(/^error: stdout: got a full disk, .*\n$/);
  });
});

describe("catchInterrupt", () => {
  const caught = () => {
    const ends: unknown[] = [];
    const source = Object.assign(new EventEmitter(), {
      pid: 7,
      kill: (pid: number, name: string) => ends.push(["kill", pid, name]),
      exit: (status: number) => ends.push(["exit", status]),
    });
    source.on("exit", (status) => ends.push(["says that it exits", status]));
    return { source, ends, interrupt: catchInterrupt(source as unknown as NodeJS.Process) };
  };

  it.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("asks for an end at %s, status %i", (name, status) => {
    const { source, ends, interrupt } = caught();
    expect([interrupt.status, interrupt.signal.aborted]).toEqual([undefined, false]);
    source.emit(name, name);
    expect([interrupt.status, interrupt.signal.aborted]).toEqual([status, true]);
    expect(ends).toEqual([]);
  });

  it("ends at once at a second signal, by that signal, after what is to be done at an exit", () => {
    const { source, ends } = caught();
    source.emit("SIGINT", "SIGINT");
    source.emit("SIGTERM", "SIGTERM");
    expect(ends).toEqual([
      ["says that it exits", 143],
      ["kill", 7, "SIGTERM"],
      ["exit", 143],
    ]);
  });

  it("ends work that ends by itself at the next signal, be it the second, and the process at the one after it", async () => {
    const { source, ends, interrupt } = caught();
    source.emit("SIGINT", "SIGINT");
    const ended = await interrupt.during(async (signal) => {
      source.emit("SIGTERM", "SIGTERM");
      return signal.aborted;
    });
    expect([ended, interrupt.status, ends]).toEqual([true, 130, []]);
    source.emit("SIGTERM", "SIGTERM");
    expect(ends).toContainEqual(["kill", 7, "SIGTERM"]);
  });

  it("leaves signals alone once it is released", () => {
    const { source, interrupt } = caught();
    interrupt.release();
    for (const name of ["SIGHUP", "SIGINT", "SIGTERM"]) expect(source.emit(name, name)).toBe(false);
    expect(interrupt.signal.aborted).toBe(false);
  });
});

describe("the tuner's cache", () => {
  let place: Workplace;
  beforeEach(() => {
    place = createWorkplace();
    return () => place.remove();
  });

  it("lies where the system keeps caches", () => {
    expect(cacheFolder("/var/cache")).toBe("/var/cache/chainrule");
    for (const none of [undefined, "", "relative"]) {
      expect(cacheFolder(none)).toBe(join(homedir(), ".cache", "chainrule"));
    }
  });

  it("keeps a text under each key, in files of a folder that it makes", () => {
    const folder = join(place.folder, "deep", "cache");
    const cache = fileCache(folder);
    expect(cache.get("a")).toBeUndefined();
    cache.set("a", "1");
    cache.set("../../b\u0000", "2");
    cache.set("a", "3");
    expect([cache.get("a"), cache.get("../../b\u0000"), cache.get("c")]).toEqual(["3\n", "2\n", undefined]);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(fileCache(folder).get("a")).toBe("3\n");
  });

  it("fails where it can neither read nor write", () => {
    place.write("file", "");
    const cache = fileCache(join(place.folder, "file"));
    expect(() => cache.get("a")).toThrow("got a path through something that is no folder");
    expect(() => cache.set("a", "1")).toThrow("set XDG_CACHE_HOME to another");
  });

  const planted: readonly (readonly [string, (path: string, other: string) => void])[] = [
    ["a link", (path, other) => symlinkSync(other, path)],
    ["a link to what has no end", (path) => symlinkSync("/dev/zero", path)],
    ["a link that leads nowhere", (path) => symlinkSync("nowhere", path)],
    ["a pipe that nobody writes to", (path) => execFileSync("mkfifo", [path])],
    ["10 MB", (path) => writeFileSync(path, Buffer.alloc(10e6, "["))],
  ];
  it.runIf(process.platform !== "win32").each(planted)("refuses to read %s, and replaces it", (_, plant) => {
    place.write("other", "of someone's");
    const [folder, other] = [join(place.folder, "cache"), join(place.folder, "other")];
    const cache = fileCache(folder);
    cache.set("a", "1");
    const path = join(folder, readdirSync(folder)[0] ?? "");
    rmSync(path);
    plant(path, other);
    expect(() => cache.get("a")).toThrow(
      /got (a link|something that is no file|more), expected a file of at most 65536 bytes; remove it/,
    );
    cache.set("a", "2");
    expect(cache.get("a")).toBe("2\n");
    expect(readFileSync(other, "utf8")).toBe("of someone's");
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

describe("formatTuning", () => {
  const tile = { along: 4, across: 1, lanes: 32, unroll: 4, swap: false, subgroups: false, staged: false };
  const from = { ...tile, vectorA: true, vectorB: true };
  const dims = { rows: 64, inner: 784, columns: 128, offset: 0 };
  const choice = { kernel: "layerForward", dims, steps: 1, from, to: from, timed: 9, rejected: [] } as const;

  it("says of every product what it is shared out as, and how that was found", () => {
    const lines = formatTuning({
      adapter: "a GPU",
      seconds: 2.345,
      refused: ["matmul 1×2×3: stale: of format 0, here it is 1"],
      choices: [
        { ...choice, to: { ...from, unroll: 8 }, speedup: 1.234, source: "measured", rejected: ["x: other bits"] },
        { ...choice, steps: 3, speedup: 1, source: "time ran out" },
        {
          ...choice,
          kernel: "outputLoss",
          dims: { rows: 64, inner: 128 },
          from: { group: 8, subgroups: true },
          to: { group: 8, subgroups: true },
          speedup: undefined,
          source: "cache",
        },
      ],
    });
    expect(lines).toEqual([
      "tuned: 1 of 3 products shared out anew, in 2.3 s on a GPU",
      "  layerForward 64×784×128: 4×1 outputs an invocation, 32 a workgroup, 8 a round, 1.23× as fast (9 timed, 1 not allowed)",
      "  layerForward 64×784×128 (3 steps): as planned, 4×1 outputs an invocation, 32 a workgroup, 4 a round (9 timed; time ran out)",
      "  outputLoss 64×128: as planned, 8 rows a workgroup, subgroups (from the cache)",
      "  not taken from the cache: matmul 1×2×3: stale: of format 0, here it is 1",
    ]);
  });

  it("says so where there is nothing to tune", () => {
    expect(formatTuning({ adapter: "a GPU", seconds: 0, refused: [], choices: [] })).toEqual([
      "tuned: nothing, since the whole step is one dispatch",
    ]);
  });
});

describe("formatConfusion", () => {
  it("counts true classes down and predicted ones across", () => {
    expect(formatConfusion([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], ["no", "yes"])).toEqual([
      "     no  yes",
      "no    1    1",
      "yes   1    2",
    ]);
  });

  it("shortens long names", () => {
    expect(formatConfusion([0], [0], ["a very long name", "b"])[1]).toBe("a very lo…           1  .");
  });

  it("keeps as many letters as tell names apart", () => {
    expect(formatConfusion([0, 1], [0, 0], ["category_low", "category_high"])).toEqual([
      "             category_l…  category_h…",
      "category_l…            1            .",
      "category_h…            1            .",
    ]);
  });

  it("numbers names that only their ends tell apart, however long they are", () => {
    const long = "a".repeat(2 ** 20);
    expect(formatConfusion([0, 1], [0, 0], [`${long}b`, `${long}c`])).toEqual([
      "              1 aaaaaaaaa…  2 aaaaaaaaa…",
      "1 aaaaaaaaa…             1             .",
      "2 aaaaaaaaa…             1             .",
    ]);
  });

  const many = Array.from({ length: 21 }, (_, i) => `c${i}`);

  it("lists the pairs most often confused where there are more than 20 classes", () => {
    expect(formatConfusion([3, 3, 5, 1, 20], [4, 4, 6, 1, 0], many)).toEqual([
      '"c3" taken for "c4": 2 times',
      '"c5" taken for "c6": 1 time',
      '"c20" taken for "c0": 1 time',
    ]);
  });

  it("lists ten pairs and counts the others", () => {
    const actual = Array.from({ length: 12 }, (_, i) => i);
    const lines = formatConfusion(
      actual,
      actual.map((i) => i + 1),
      many,
    );
    expect(lines).toHaveLength(11);
    expect(lines[10]).toBe("and 2 pairs more");
  });

  it("says so where no class was taken for another", () => {
    expect(formatConfusion([1, 2], [1, 2], many)).toEqual(["no class was taken for another"]);
  });
});

describe("namesOption", () => {
  it("takes names parted by commas, and those in quotes as they are", () => {
    expect(namesOption(" a, b ,,c")).toEqual(["a", "b", "c"]);
    expect(namesOption('"Maker, model",x,"say ""so"""')).toEqual(["Maker, model", "x", 'say "so"']);
    expect(namesOption("")).toEqual([]);
  });

  it("refuses a quote that is never closed", () => {
    expect(refusal(() => namesOption('"a,b'))).toMatch(
      /^ModelError: --ignore: got ""a,b", expected names parted by commas; /,
    );
  });
});

describe("wholeOption", () => {
  it("takes whole numbers however they are written", () => {
    expect(["1000", "1e3", "1000.0", "+1E3"].map(wholeOption("--epochs", 1))).toEqual([1000, 1000, 1000, 1000]);
    for (const text of ["1e-3", "1.5", "0x10", "", "1e400", "0"]) {
      expect(refusal(() => wholeOption("--epochs", 1)(text))).toContain(`--epochs: got "${text}", expected a whole`);
    }
  });
});

describe("sendLines", () => {
  const lines = function* (count: number) {
    for (let i = 0; i < count; i++) yield `\u001b[2J"line\nend",${i}`;
  };

  it("gives programs what it got, and a terminal what can be seen", async () => {
    for (const [isTTY, text] of [
      [false, '\u001b[2J"line\nend",0\n'],
      [true, '\\u{1b}[2J"line\\nend",0\n'],
    ] as const) {
      const output = Object.assign(new PassThrough(), { isTTY });
      await sendLines(output, lines(1));
      expect(String(output.read())).toBe(text);
    }
  });

  it("holds one piece at a time, however slowly it is read", async () => {
    let held = 0;
    let most = 0;
    let pieces = 0;
    const stream = new Writable({
      decodeStrings: false,
      write(text: string, _, done) {
        pieces += 1;
        held += text.length;
        most = Math.max(most, held + this.writableLength - text.length);
        setImmediate(() => {
          held -= text.length;
          done();
        });
      },
    });
    await sendLines(Object.assign(stream, { isTTY: false }), lines(30_000));
    expect(pieces).toBeGreaterThan(8);
    expect(most).toBeLessThan(2 ** 17);
  });
});

describe("sayFault", () => {
  it("shows where it was, in letters that are seen", () => {
    const output = Object.assign(new PassThrough(), { isTTY: false });
    sayFault(output, new Error("a\u001b[2J\nmodel written to x", { cause: new Error("\u202e\nsee") }));
    const text = String(output.read());
    expect(text).toMatch(/^Error: a\\u\{1b\}\[2J\\nmodel written to x\n {4}at /);
    expect(text).toContain("\ncaused by Error: \\u{202e}\\nsee\n    at ");
    expect(text.replaceAll("\n", "")).not.toMatch(hidden);
  });
});

describe("formatEpochs", () => {
  const whole = { steps: 40, rows: 1280 };
  const report = (epoch: number, steps: number, rows: number) => ({ epoch, steps, rows }) as Report;

  it("counts whole epochs, and apart the steps and rows of one that was only begun", () => {
    expect(formatEpochs(report(1, 40, 1280), whole)).toBe("1 epoch");
    expect(formatEpochs(report(3, 40, 1280), whole)).toBe("3 epochs");
    expect(formatEpochs(report(3, 12, 384), whole)).toBe(
      "2 epochs and 12 of the 40 steps of the next (384 of 1,280 rows)",
    );
    expect(formatEpochs(report(1, 1, 32), whole)).toBe("0 epochs and 1 of the 40 steps of the next (32 of 1,280 rows)");
  });
});

describe("measureFit", () => {
  it("is the root of the mean square, and one less the share of the variance left", () => {
    // Errors 1, −1, 0; Σ(y − 2)² = 2.
    const { rmse, r2 } = measureFit([2, 1, 3], [1, 2, 3]);
    expect(rmse).toBeCloseTo(Math.sqrt(2 / 3), 12);
    expect(r2).toBeCloseTo(0, 12);
  });

  it("has no R² where the target does not vary", () => {
    const fit = measureFit([1, 3], [2, 2]);
    expect(fit).toEqual({ rmse: 1, r2: Number.NaN });
    expect(formatScores([{ name: "test", rows: 2, loss: 0.5, accuracy: undefined, fit }])[1]).toMatch(
      /none \(the target does not vary\)$/,
    );
  });
});

describe("formatting", () => {
  it("shows 100 % only where nothing is missing", () => {
    expect([1, 0.99999, 0.5, 0].map(formatShare)).toEqual(["100.0 %", "99.9 %", "50.0 %", "0.0 %"]);
  });

  it("shows the digits that matter", () => {
    expect([0.0123456, 1234.567, 1.23456e-9].map(formatNumber)).toEqual(["0.01235", "1235", "1.235e-9"]);
    expect([26.19, 17120.4].map(formatRate)).toEqual(["26.2", "17,120"]);
    expect([1, 1438].map((count) => formatCount(count, "row"))).toEqual(["1 row", "1,438 rows"]);
  });

  it("shows times in the units that people use", () => {
    expect([0.04, 59.94, 60, 119.6, 3599, 3780].map(formatSeconds)).toEqual([
      "0.0 s",
      "59.9 s",
      "1 min 0 s",
      "2 min 0 s",
      "59 min 59 s",
      "1 h 3 min",
    ]);
  });

  it("sets the first column to the left and numbers to the right", () => {
    expect(
      formatTable([
        ["", "σ²"],
        ["ä", "1000"],
      ]),
    ).toEqual(["     σ²", "ä  1000"]);
  });
});
