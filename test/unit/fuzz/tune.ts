import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { fileCache } from "../../../src/cli/tune-cache.ts";
import type { Device } from "../../../src/device/open.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import {
  allows,
  type Choice,
  type ChoiceLimits,
  choiceOf,
  choiceText,
  isTunable,
  products,
} from "../../../src/plan/tiles.ts";
import type { Plan } from "../../../src/plan/types.ts";
import { planTraining } from "../../../src/run/plan.ts";
import { cacheKey, decodeKept, encodeKept } from "../../../src/run/tune/cache.ts";
import { checkForeign } from "../../../src/run/tune/foreign.ts";
import { takeTuned } from "../../../src/run/tune/taken.ts";
import type { Tuned } from "../../../src/run/tune/types.ts";
import { seldom } from "./atoms.ts";
import { aside, checkPrinted, encode, type Format, type Input, type Reach, read } from "./format.ts";
import { edits, withNests } from "./json.ts";
import { mutants } from "./mutate.ts";

/** What a tuner has kept: an entry of its cache, or what `tune` gave, as JSON. */
interface TuneInput extends Input {
  readonly kind: "entry" | "tuned" | "plan";
  /** The product that the entry is asked for. */
  readonly product: number;
}

const limits: ChoiceLimits = { lanes: 32, subgroups: true, invocations: 256 };
/** As far as choices depend on a device. */
const device = {
  adapter: { name: "n", vendor: "v", model: "v ampere", driver: "driver 1", software: false, lanes: 32 },
  gpu: {
    limits: { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupSizeX: 256 },
    features: new Set(["subgroups"]),
  },
} as unknown as Device;

const planOf = (layers: readonly number[], fuse: boolean): Plan =>
  planTraining({
    model: sequential([...layers.map((units) => dense(units, "relu")), dense(10)]),
    loss: "softmaxCrossEntropy",
    optimizer: fuse ? adam({ learningRate: 0.1, weightDecay: 0.1 }) : sgd({ learningRate: 0.1 }),
    inputs: 64,
    rows: 1000,
    batch: 128,
    fuse,
  });

const plan = planOf([128], true);
const steps = [plan, planOf([64, 32], true), planOf([96], false)].flatMap(products).map(({ step }) => step);

/** Choices of a step that it allows. */
const choicesOf = (step: (typeof steps)[number]): readonly Choice[] => {
  const own = choiceOf(step);
  const others: Choice[] =
    "group" in own
      ? [{ group: 64, subgroups: true }]
      : [
          { ...own, unroll: 8 },
          { ...own, unroll: 2 },
          { ...own, along: 4, across: 2, staged: false },
        ];
  return [own, ...others.filter((choice) => allows(step, choice, limits))];
};

const entries = steps.flatMap((step, product) =>
  choicesOf(step).map((choice, tried) => ({ product, text: encodeKept(device, step, { choice, tried }) })),
);
const entryBytes = entries.map(({ text }) => encode(text));

const report: Tuned["report"] = { adapter: "n", choices: [], refused: ["x"], seconds: 1 };
const tuned = [plan, { ...plan, steps: plan.steps.map((step) => step) }].map((one) =>
  JSON.stringify({ plan: one, report }),
);
const tunedBytes = tuned.map(encode);

const arbitrary = (reach: Reach): fc.Arbitrary<TuneInput> => {
  const product = fc.nat(steps.length - 1);
  const entry = fc
    .tuple(fc.constantFrom(...entries), edits(reach, 0, 2), seldom(product))
    .map(([{ text, product }, edit, other]) => ({ bytes: encode(edit(text)), product: other ?? product }));
  const plain = { kind: fc.constant("tuned" as const), product: fc.constant(0) };
  return fc.oneof(
    { weight: 5, arbitrary: entry.map((one) => ({ ...one, kind: "entry" as const })) },
    {
      weight: 3,
      arbitrary: fc.record({ bytes: mutants(entryBytes, reach), kind: fc.constant("entry" as const), product }),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom(...tuned), edits(reach, 0, 2), fc.constantFrom("tuned", "plan" as const))
        .map(([text, edit, kind]) => ({ bytes: encode(edit(text)), kind, product: 0 })) as fc.Arbitrary<TuneInput>,
    },
    { weight: 1, arbitrary: fc.record({ bytes: mutants(tunedBytes, reach), ...plain }) },
  );
};

export function tuneFormat(): Format {
  const folder = mkdtempSync(join(tmpdir(), "chainrule-fuzz-"));
  const cache = fileCache(folder);
  const keys = steps.map((step) => cacheKey(device, step));
  // Where each is kept, learned from the cache itself.
  const files = keys.map((key) => {
    const before = new Set(readdirSync(folder));
    void cache.set(key, "");
    return join(folder, readdirSync(folder).find((name) => !before.has(name)) ?? "");
  });

  async function checkEntry({ bytes, product }: TuneInput) {
    const [step, key, file] = [steps[product], keys[product], files[product]];
    if (step === undefined || key === undefined || file === undefined) throw new Error("no such product");
    writeFileSync(file, bytes);
    const text = (await cache.get(key)) ?? "";
    const kept = decodeKept(device, step, limits, text);
    if (typeof kept === "string") {
      checkPrinted(kept, "a reason");
      return "refused" as const;
    }
    assert.ok(allows(step, kept.choice, limits), "a choice that the step allows");
    assert.ok(Number.isInteger(kept.tried) && kept.tried >= 0);
    await cache.set(key, encodeKept(device, step, kept));
    const again = decodeKept(device, step, limits, (await cache.get(key)) ?? "");
    assert.equal(JSON.stringify(again), JSON.stringify(kept), "what is kept comes back");
    return "accepted" as const;
  }

  return {
    arbitrary: (reach) =>
      withNests(reach, arbitrary(reach), (nest) => ({ bytes: encode(nest), kind: "entry", product: 0 })),
    check: (input) =>
      read(() => {
        const given = input as TuneInput;
        return given.kind === "entry" ? checkEntry(given) : checkTuned(given);
      }),
    close: () => rmSync(folder, { recursive: true }),
  };
}

async function checkTuned({ bytes, kind }: TuneInput) {
  let given: Tuned;
  try {
    given = aside(() => JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    // Whoever parses is told by the parser.
    return "refused" as const;
  }
  if (kind === "plan") {
    const foreign = given?.plan;
    checkForeign("tune", foreign);
    checkPlan(foreign);
    return "accepted" as const;
  }
  const taken = await takeTuned(given, device, plan);
  checkPlan(taken.plan);
  for (const [index, step] of taken.plan.steps.entries()) {
    const own = plan.steps[index];
    assert.equal(step.kernel, own?.kernel);
    if (!isTunable(step) || own === undefined || !isTunable(own)) continue;
    assert.ok(allows(own, choiceOf(step), limits), "a choice that the step allows");
    assert.equal(typeof choiceText(choiceOf(step)), "string");
  }
  return "accepted" as const;
}
