import { describe, expect, it } from "vitest";
import { activationFunctions } from "../../../shaders/lib/activation.wgsl.ts";
import { exponential, finite } from "../../../shaders/lib/finite.wgsl.ts";
import { rowLoss } from "../../../shaders/lib/output-row.wgsl.ts";
import { lossSource } from "../../../shaders/loss.wgsl.ts";
import { activations } from "../../../src/model/activation.ts";
import { losses, takesClasses } from "../../../src/model/loss.ts";
import { activationFunctions as twins } from "../../../src/reference/activation.ts";

/**
 * WGSL lets an implementation assume that there is no NaN: a comparison with one may then say either, `min` and `max` give
 * either operand, and `exp` and `log` a number. The adapter of these tests does none of it, so the sources are run as JavaScript that does.
 */
const rules = [
  { says: true, name: "true" },
  { says: false, name: "false" },
];

/** What WGSL's built-ins are where a comparison with a NaN `says` so. */
const builtIns = (says: boolean) => {
  const isNan = (...values: number[]) => values.some(Number.isNaN);
  const either = (a: number, b: number) => (says === Number.isNaN(a) ? b : a);
  return {
    compare: (a: number, sign: string, b: number) => {
      if (isNan(a, b)) return says;
      return { "<": a < b, ">": a > b, ">=": a >= b, "<=": a <= b }[sign];
    },
    select: (no: number, yes: number, condition: boolean) => (condition ? yes : no),
    bits: (x: number) => new Uint32Array(Float32Array.of(x).buffer)[0],
    abs: Math.abs,
    min: (a: number, b: number) => (isNan(a, b) ? either(a, b) : Math.min(a, b)),
    max: (a: number, b: number) => (isNan(a, b) ? either(a, b) : Math.max(a, b)),
    exp: (x: number) => (isNan(x) ? 1 : Math.exp(x)),
    log: (x: number) => (isNan(x) ? 0 : Math.log(x)),
  };
};

/** The value of an expression after some WGSL, in which all numbers that are compared have a name or are written out. */
function evaluate(
  source: string,
  expression: string,
  says: boolean,
  values: Readonly<Record<string, unknown>>,
): number {
  const script = source
    .replace(/\/\/.*/g, "")
    .replace(/fn (\w+)\(([^)]*)\)[^{]*\{/g, (_, name, given) => `function ${name}(${given.replace(/: \w+/g, "")}) {`)
    .replace(/\blet /g, "const ")
    .replace(/\bvar /g, "let ")
    .replace(/bitcast<u32>/g, "bits")
    .replace(/\b(\d\w*)u\b/g, "$1")
    .replace(/(\b[a-z][\w.]*(?:\[[^\]]*\])?) ([<>]=?) ([\w.]+)/g, 'compare($1, "$2", $3)');
  const scope = { ...builtIns(says), ...values };
  return new Function(...Object.keys(scope), `${script}\nreturn ${expression};`)(...Object.values(scope));
}

describe.each(rules)("where a comparison with NaN says $name", ({ says }) => {
  it.each(activations)("%s passes a NaN on, as its twin does, and every other number as it is", (activation) => {
    const activate = (z: number) => evaluate(activationFunctions(activation), `activate(${z})`, says, {});
    expect(activate(Number.NaN)).toBeNaN();
    expect(twins[activation].value(Number.NaN)).toBeNaN();
    for (const z of [-30, -0.7, -0.1, 0, 0.1, 0.7, 30]) {
      expect(activate(z)).toBeCloseTo(twins[activation].value(z), 6);
    }
  });

  const outputs = [0, 1, 2].map((place) => [0.5, 2, 1].map((o, j) => (j === place ? Number.NaN : o)));

  it.each(losses.flatMap((loss) => outputs.map((o) => [loss, o] as const)))("%s of %j is NaN", async (loss, o) => {
    const y = (j: number) => (takesClasses[loss] ? "1u" : `${j}.5`);
    const row = rowLoss({ loss, units: 3, y, activate: "same", slope: "same", score: "", dz: undefined });
    const same = (value: number) => value;
    const [z0, z1, z2] = o;
    expect(evaluate(`${finite}\n${exponential}\n${row}`, "rowLoss", says, { same, z0, z1, z2 })).toBeNaN();
    const source = await lossSource({ loss, delta: false, slope: "identity" });
    const [own] = source.match(/fn rowLoss[\s\S]*?\n}/) ?? [];
    let scored = 0;
    const score = (_: number, value: number) => {
      scored = value;
    };
    const tensors = { o, y: takesClasses[loss] ? [1] : [0.5, 1.5, 2.5], dims: { columns: 3 }, score };
    evaluate(`${finite}\n${exponential}\n${own}`, "rowLoss(0)", says, tensors);
    expect(scored).toBeNaN();
  });
});
