import ts from "typescript";
import { describe, expect, it } from "vitest";
import { ownSources, programOf, slashed } from "../helpers/program.ts";

const { StringLike, NumberLike, BooleanLike, BigIntLike, Undefined } = ts.TypeFlags;

/** Whether all that a type allows prints as itself. What is not there does not, in a shader; elsewhere it stands in messages. */
function prints(type: ts.Type, checker: ts.TypeChecker, shader: boolean): boolean {
  if (type.isUnion()) return type.types.every((one) => prints(one, checker, shader));
  const { flags } = checker.getBaseConstraintOfType(type) ?? type;
  return (flags & (StringLike | NumberLike | BooleanLike | BigIntLike | (shader ? 0 : Undefined))) !== 0;
}

/** Every `${…}` that may print something else, such as an object. */
function astray(program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const found: string[] = [];
  const visit = (node: ts.Node, source: ts.SourceFile, path: string): void => {
    if (ts.isTemplateExpression(node)) {
      for (const { expression } of node.templateSpans) {
        const type = checker.getTypeAtLocation(expression);
        if (prints(type, checker, path.startsWith("shaders/"))) continue;
        found.push(`${path}: ${expression.getText(source)} is ${checker.typeToString(type)}`);
      }
    }
    ts.forEachChild(node, (child) => visit(child, source, path));
  };
  for (const source of ownSources(program)) visit(source, source, slashed(source.fileName));
  return found;
}

describe("a template literal of the library", () => {
  const wrong = `
    interface Slope { readonly name: "leakyRelu"; readonly slope: number }
    const text = <T extends Slope | "relu">(slope: Slope, either: Slope | "relu", list: number[], one: T, none?: string) =>
      \`\${slope} \${either} \${list} \${one} \${none}\`;
    export const label = <T extends number>(n: T, word: "a" | "b", yes: boolean, big: bigint) =>
      \`\${n} \${word} \${yes} \${big} \${text({ name: "leakyRelu", slope: 0.1 }, "relu", [], "relu")}\`;`;
  const found = astray(programOf({ "shaders/wrong.ts": wrong, "src/wrong.ts": wrong }));
  const isWrong = (text: string) => /\/wrong\.ts/.test(text);

  it("takes texts, numbers and truth values alone, so that no object becomes one word for all", () => {
    expect(found.filter((text) => !isWrong(text))).toEqual([]);
  });

  it("would be found to take others", () => {
    const objects = ["slope", "either", "list", "one"];
    const at = found.filter(isWrong).map((text) => text.replace(/ is .*/, ""));
    expect(at.filter((text) => text.startsWith("src/"))).toEqual(objects.map((name) => `src/wrong.ts: ${name}`));
    expect(at.filter((text) => text.startsWith("shaders/"))).toEqual(
      [...objects, "none"].map((name) => `shaders/wrong.ts: ${name}`),
    );
  });
});
