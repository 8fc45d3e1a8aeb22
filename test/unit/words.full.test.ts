import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { ownSources, programOf, slashed } from "../helpers/program.ts";

/** A file with a word added where the words of its union stand. */
function grown(path: string, ...changes: readonly (readonly [after: string, added: string])[]): string {
  let text = readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
  for (const [after, added] of changes) {
    if (text.split(after).length !== 2) throw new Error(`${path} says ${after} not once`);
    text = text.replace(after, `${after}${added}`);
  }
  return text;
}

/** An option more, in an interface of options. */
const optionOf = (declaration: string, option: string) =>
  [`export interface ${declaration} {\n`, `  readonly ${option}?: number;\n`] as const;

/** The library with one word more in each union and one option more in each interface of options, and nothing else. */
const program = programOf({
  "src/model/activation.ts": grown("src/model/activation.ts", ['"sigmoid", "tanh"', ', "gelu"']),
  "src/model/loss.ts": grown("src/model/loss.ts", ['["halfSquaredError", "softmaxCrossEntropy"', ', "hinge"']),
  "src/model/optimizer.ts": grown(
    "src/model/optimizer.ts",
    ['readonly kind: "adam" | "adamw"', ' | "nadam"'],
    ['export type Rule = "sgd" | "momentum"', ' | "nesterov"'],
    ['export type Decay = "per-batch" | "per-step"', ' | "per-epoch"'],
    optionOf("OptimizerOptions", "nesterovMomentum"),
    optionOf("AdamOptions extends OptimizerOptions", "amsgrad"),
  ),
  "src/model/layer.ts": grown("src/model/layer.ts", optionOf("DenseOptions", "dropoutRate")),
  "src/run/types.ts": grown(
    "src/run/types.ts",
    optionOf("TrainingOptions", "patience"),
    optionOf("ReferenceOptions extends TrainingOptions", "warmStart"),
    optionOf("TrainerOptions extends ReferenceOptions", "profile"),
    optionOf("SweepOptions extends TrainingOptions", "survivors"),
    optionOf("Dataset extends ByteScale", "rowWeights"),
    optionOf("SaveOptions", "compression"),
    optionOf("FitOptions", "every"),
    optionOf("Variant", "nickname"),
  ),
  "src/run/bytes.ts": grown("src/run/bytes.ts", optionOf("ByteScale", "gammaOfBytes")),
  "src/run/draft.ts": grown("src/run/draft.ts", optionOf("PlanOptions", "unroll")),
  "src/run/predictor.ts": grown("src/run/predictor.ts", optionOf("PredictorOptions", "topClasses")),
  "src/run/tune/types.ts": grown("src/run/tune/types.ts", optionOf("TuneOptions", "attempts")),
  "src/device/open.ts": grown("src/device/open.ts", optionOf("OpenOptions", "patienceOfDevice")),
  "src/model/schedule.ts": grown("src/model/schedule.ts", [
    "export type Schedule =\n",
    '  | { readonly kind: "linear"; readonly learningRate: number }\n',
  ]),
  "src/kernels/index.ts": grown("src/kernels/index.ts", ["export const kernels = {\n", "  dropout: penalty,\n"]),
  "src/kernels/types.ts": grown("src/kernels/types.ts", ['export type Dtype = "f32"', ' | "bf16"']),
  "src/kernels/whole-steps.ts": grown("src/kernels/whole-steps.ts", [
    "export type InnerStep =\n",
    '  | Inner<"mask", LayerForwardVariant>\n',
  ]),
});

const words = ["gelu", "hinge", "nadam", "nesterov", "per-epoch", "linear", "dropout", "bf16", "mask"];
const options = [
  "nesterovMomentum",
  "amsgrad",
  "dropoutRate",
  "patience",
  "warmStart",
  "profile",
  "survivors",
  "rowWeights",
  "gammaOfBytes",
  "compression",
  "every",
  "nickname",
  "unroll",
  "topClasses",
  "attempts",
  "patienceOfDevice",
];
/** What the compiler says of a switch that has no case for a word. */
const NO_CASE = "lacks ending return statement";

const faults = new Set(
  ownSources(program).flatMap((source) =>
    program.getSemanticDiagnostics(source).flatMap(({ messageText }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, "\n");
      return [...words, ...options, NO_CASE]
        .filter((word) => new RegExp(`\\b${word}\\b`).test(text))
        .map((word) => `${word === NO_CASE ? "a switch" : word}: ${slashed(source.fileName)}`);
    }),
  ),
);

/** Files that do not compile once a word is added, and the word or the switch that they lack. */
const expected: Readonly<Record<string, readonly string[]>> = {
  gelu: [
    "src/model/activation.ts",
    "src/model/layer.ts",
    "src/reference/activation.ts",
    "shaders/lib/activation.wgsl.ts",
    // It does not say from what its slope follows, so that the kernels which keep no z refuse it.
    "src/plan/passes/fuse.ts",
  ],
  hinge: [
    "src/model/loss.ts",
    "src/kernels/loss.ts",
    "src/reference/loss.ts",
    "shaders/loss.wgsl.ts",
    "shaders/lib/output-row.wgsl.ts",
  ],
  nadam: ["src/model/optimizer.ts"],
  nesterov: [
    "src/model/optimizer.ts",
    "src/kernels/weight-update.ts",
    "src/reference/update.ts",
    "shaders/lib/update.wgsl.ts",
  ],
  "per-epoch": ["src/plan/labels.ts", "src/reference/advance.ts", "shaders/lib/advance.wgsl.ts"],
  linear: ["src/reference/advance.ts", "shaders/lib/advance.wgsl.ts"],
  dropout: ["src/plan/labels.ts", "src/reference/run.ts", "shaders/index.ts"],
  bf16: ["src/plan/memory.ts"],
  mask: ["src/plan/passes/one-dispatch.ts"],
  nesterovMomentum: ["src/model/optimizer.ts"],
  amsgrad: ["src/model/optimizer.ts"],
  dropoutRate: ["src/model/layer.ts"],
  patience: ["src/run/setup.ts"],
  warmStart: ["src/run/setup.ts"],
  profile: ["src/run/trainer.ts"],
  survivors: ["src/run/sweep.ts"],
  rowWeights: ["src/run/dataset.ts"],
  gammaOfBytes: ["src/run/dataset.ts"],
  compression: ["src/run/resume.ts"],
  every: ["src/run/checks.ts"],
  nickname: ["src/run/variants.ts"],
  unroll: ["src/run/plan.ts"],
  topClasses: ["src/run/predictor.ts"],
  attempts: ["src/run/tune/tune.ts"],
  patienceOfDevice: ["src/device/open.ts"],
  "a switch": [
    // Of a schedule,
    "src/kernels/control.ts",
    // of a kernel,
    "src/plan/passes/half-precision.ts",
    // and of an inner step.
    "shaders/register-steps.wgsl.ts",
    "shaders/whole-steps.wgsl.ts",
  ],
};

describe("a word that is added to a union, or an option to an interface, and nowhere else", () => {
  it.each(Object.entries(expected))("does not compile: %s", (word, files) => {
    const at = files.map((file) => `${word}: ${file}`);
    expect(at.filter((fault) => !faults.has(fault))).toEqual([]);
  });
});
