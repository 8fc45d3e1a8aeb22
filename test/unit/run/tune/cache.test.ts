import { describe, expect, it } from "vitest";
import { version } from "../../../../package.json";
import { dense, sequential } from "../../../../src/model/layer.ts";
import { adam } from "../../../../src/model/optimizer.ts";
import { type ChoiceLimits, choiceOf, products, withChoice } from "../../../../src/plan/tiles.ts";
import { planTraining } from "../../../../src/run/plan.ts";
import { cacheKey, decodeKept, encodeKept } from "../../../../src/run/tune/cache.ts";

const limits: ChoiceLimits = { lanes: 32, subgroups: true, invocations: 256 };
const adapter = { name: "n", vendor: "v", model: "v ampere", driver: "driver 1", software: false, lanes: 32 };
const device = { adapter };

const plan = planTraining({
  model: sequential([dense(512, "relu"), dense(10)]),
  loss: "softmaxCrossEntropy",
  optimizer: adam({ learningRate: 0.1, weightDecay: 0.1 }),
  inputs: 784,
  rows: 1000,
  batch: 128,
});
const all = products(plan).map(({ step }) => step);
const [update, forward, output] = ["layerUpdate", "layerForward", "outputLoss"].map(
  (kernel) => all.find((step) => step.kernel === kernel) ?? expect.fail(`no ${kernel}`),
) as [(typeof all)[0], (typeof all)[0], (typeof all)[0]];
const own = choiceOf(forward);
const kept = { choice: { ...own, unroll: 8 }, tried: 3 };
const text = encodeKept(device, forward, kept);
const decode = (given: string) => decodeKept(device, forward, limits, given);
/** The entry with some fields replaced; undefined leaves one out. */
const altered = (fields: Readonly<Record<string, unknown>>) =>
  decode(JSON.stringify({ ...JSON.parse(text), ...fields }));

describe("what the tuner keeps", () => {
  it("comes back as it was", () => {
    expect(decode(text)).toEqual(kept);
    for (const step of all) {
      const entry = { choice: choiceOf(step), tried: 0 };
      expect(decodeKept(device, step, limits, encodeKept(device, step, entry))).toEqual(entry);
    }
  });

  it("lies under one key a product and adapter, whatever the driver", () => {
    expect(new Set(all.map((step) => cacheKey(device, step))).size).toBe(all.length);
    const renewed = { adapter: { ...adapter, driver: "driver 2", name: "v ampere driver 2" } };
    expect(cacheKey(renewed, forward)).toBe(cacheKey(device, forward));
    expect(cacheKey({ adapter: { ...adapter, model: "v turing" } }, forward)).not.toBe(cacheKey(device, forward));
    // A plan that would share the work out otherwise by itself is another product.
    expect(cacheKey(device, withChoice(forward, kept.choice))).not.toBe(cacheKey(device, forward));
  });

  it.each([
    ["another driver", { driver: "driver 0" }, 'stale: of driver "driver 0", here it is "driver 1"'],
    ["another version", { library: "0.0.1" }, `stale: of library "0.0.1", here it is "${version}"`],
    ["another runtime", { runtime: "Node 3" }, /^stale: of runtime "Node 3", here it is "/],
    ["another format", { format: 0 }, "stale: of format 0, here it is 2"],
    ["another adapter", { adapter: "v turing" }, 'foreign: of adapter "v turing", here it is "v ampere"'],
    ["another product", { product: "[]" }, "foreign: of another product"],
    ["no driver", { driver: undefined }, "damaged: no driver"],
    ["a format that is no number", { format: "1" }, "damaged: no format"],
    ["no choice", { choice: undefined }, "damaged: a choice that is out of range"],
    ["a choice that the device does not allow", { choice: { ...own, lanes: 512 } }, /^damaged: a choice/],
    ["a choice with one field more", { choice: { ...own, more: 1 } }, /^damaged: a choice/],
    ["too many attempts", { tried: 1000 }, /^damaged: a number of attempts/],
    ["half an attempt", { tried: 0.5 }, /^damaged: a number of attempts/],
    ["no attempts", { tried: undefined }, /^damaged: a number of attempts/],
  ])("is refused with %s", (_, fields, reason) => {
    expect(altered(fields)).toEqual(reason instanceof RegExp ? expect.stringMatching(reason) : reason);
  });

  it.each([
    ["nothing", ""],
    ["half the text", text.slice(0, text.length / 2)],
    ["null", "null"],
    ["a number", "7"],
    ["text in quotes", '"unroll"'],
    ["far too much", `${" ".repeat(10_000)}${text}`],
  ])("is refused as %s", (_, damaged) => {
    expect(decode(damaged)).toBe("damaged: no JSON object");
  });

  it("is refused where it would part the squares of an update in another way", () => {
    const tile = choiceOf(update);
    const parted = { along: 8, across: 4, lanes: 32, unroll: 4, staged: false };
    const entry = encodeKept(device, update, { choice: { ...tile, ...parted }, tried: 0 });
    expect(decodeKept(device, update, limits, entry)).toBe("damaged: a choice that is out of range");
    const harmless = { choice: { ...tile, unroll: 8 }, tried: 0 };
    expect(decodeKept(device, update, limits, encodeKept(device, update, harmless))).toEqual(harmless);
  });

  it("prints nothing of a refused entry that a terminal would obey", () => {
    expect(altered({ driver: "\u001b[2J".repeat(500) })).toSatisfy(
      (reason: string) => reason.length < 300 && !reason.includes("\u001b"),
    );
    expect(altered({ library: "\u2066\u202e" })).toBe(
      `stale: of library "\\u{2066}\\u{202e}", here it is "${version}"`,
    );
  });

  it("is read for the rows of an output too", () => {
    const entry = { choice: { group: 64, subgroups: true }, tried: 5 };
    expect(decodeKept(device, output, limits, encodeKept(device, output, entry))).toEqual(entry);
  });
});
