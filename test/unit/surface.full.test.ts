import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Of the inside of a plan, which may change, and of which pages need no names. */
const inside = ["Call"];

it("every type that an exported declaration names is exported too", () => {
  const { options } = ts.getParsedCommandLineOfConfigFile(
    `${root}tsconfig.json`,
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic() {},
    },
  ) as ts.ParsedCommandLine;
  const program = ts.createProgram([`${root}src/index.ts`, `${root}src/table.ts`], options);
  const checker = program.getTypeChecker();
  const whole = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exported = new Set(
    ["index", "table"].flatMap((name) => {
      const file = program.getSourceFile(`${root}src/${name}.ts`) as ts.SourceFile;
      return checker.getExportsOfModule(checker.getSymbolAtLocation(file) as ts.Symbol).map(whole);
    }),
  );
  const isOwn = (declaration: ts.Declaration) =>
    declaration.getSourceFile().fileName.startsWith(`${root}src`) && !ts.isTypeParameterDeclaration(declaration);
  const missing = new Set<string>();
  let seen = 0;
  const visit = (by: string, node: ts.Node): void => {
    // What a function does, or a value is, is no part of its type.
    if (
      ts.isBlock(node) ||
      (ts.isArrowFunction(node.parent ?? node) && node === (node.parent as ts.ArrowFunction).body)
    )
      return;
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node) && node.expression;
    const symbol = name && checker.getSymbolAtLocation(name);
    if (symbol && whole(symbol).declarations?.some(isOwn)) {
      seen++;
      const { name } = whole(symbol);
      if (!exported.has(whole(symbol)) && !inside.includes(name)) missing.add(`${by}: ${name}`);
    }
    ts.forEachChild(node, (child) => visit(by, child));
  };
  for (const symbol of exported) {
    for (const declaration of symbol.declarations ?? []) visit(symbol.name, declaration);
  }
  expect([...missing]).toEqual([]);
  expect(seen).toBeGreaterThan(100);
});
