import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { analyse } from "scslre";
import ts from "typescript";

/**
 * `npm run regexps`: no regular expression may take more than linear time, or the stack, whatever text it meets. It names each of the
 * repository that may, and each that is made of what only a run knows, and fails if there is one.
 *
 * @typedef {{ file: string, line: number, source: string | undefined, flags: string }} Expression
 *   `source` is undefined where it isn't written as one text.
 * @typedef {Expression & { fault: string }} Found
 */

/** Folders that are looked through. */
export const folders = ["src", "demo", "shaders", "tools", "bench"];

/**
 * Those that may be slow, or are made by a run, as `file: source`, each with what bounds the text that it meets, and so its
 * time. One that is not found fails too.
 * @type {Readonly<Record<string, string>>}
 */
export const allowed = {
  "tools/shaders.mjs: [ \\t]*\\n\\s*": "a shader of the repository, when it is built",
  "tools/shaders.mjs: [ \\t]*([,;(){}=+*:])[ \\t]*": "a shader of the repository, when it is built",
};

const root = fileURLToPath(new URL("..", import.meta.url));

/** The regular expressions of a text of JavaScript or TypeScript. @param {string} file @param {string} text @returns {Expression[]} */
export function expressionsOf(file, text) {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  /** @type {Expression[]} */
  const found = [];
  /** @param {ts.Node} node @param {string | undefined} source @param {string} flags */
  const add = (node, source, flags) => {
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
    found.push({ file, line: line + 1, source, flags });
  };
  /** Texts that a name stands for. @type {Map<string, string>} */
  const named = new Map();
  /** @param {ts.Node | undefined} node @returns {string | undefined} */
  const textOf = (node) => {
    if (!node) return undefined;
    if (ts.isStringLiteralLike(node)) return node.text;
    if (ts.isIdentifier(node)) return named.get(node.text);
    if (!ts.isTemplateExpression(node)) return undefined;
    const parts = node.templateSpans.flatMap(({ expression, literal }) => [textOf(expression), literal.text]);
    return parts.includes(undefined) ? undefined : node.head.text + parts.join("");
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf("/");
      add(node, node.text.slice(1, end), node.text.slice(end + 1));
    } else if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
      const { expression, arguments: given } = node;
      const called = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
      // What is no regular expression becomes one in them, too.
      const makes = called === "RegExp" || (["match", "matchAll", "search"].includes(called) && textOf(given?.[0]));
      if (makes && !(given?.[0] && ts.isRegularExpressionLiteral(given[0]))) {
        add(node, textOf(given?.[0]), textOf(given?.[1]) ?? "");
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const statement of tree.statements) {
    if (!ts.isVariableStatement(statement) || !(statement.declarationList.flags & ts.NodeFlags.Const)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      const text = textOf(initializer);
      if (ts.isIdentifier(name) && text !== undefined) named.set(name.text, text);
    }
  }
  visit(tree);
  return found;
}

/** What is wrong with a regular expression; undefined where it takes linear time. @param {Expression} expression */
export function faultOf({ source, flags }) {
  if (source === undefined) return "made by a run, of which nobody can say how long it takes";
  try {
    const { parsed, reports } = analyse({ source, flags }, { reportTypes: { Move: true, Self: true, Trade: true } });
    const [report] = reports;
    if (report === undefined)
      return stacks(parsed.pattern) ? "a step of the stack for each time a group is repeated" : undefined;
    const time = report.exponential ? "exponential" : "polynomial";
    return `${time} time (${report.type}) for a text of many ${JSON.stringify(report.character.pick)}`;
  } catch (error) {
    return `not understood: ${error instanceof Error ? error.message : error}`;
  }
}

/**
 * Whether it repeats, without end, more than one letter at a time: each time leaves a way back on the stack, which a long text
 * overflows ("Maximum call stack size exceeded").
 * @param {unknown} node of the tree of @eslint-community/regexpp @returns {boolean}
 */
function stacks(node) {
  if (Array.isArray(node)) return node.some(stacks);
  if (typeof node !== "object" || node === null) return false;
  const { type, max, element, elements, alternatives } = /** @type {Record<string, unknown>} */ (node);
  if (type === "Quantifier" && max === Number.POSITIVE_INFINITY && /** @type {any} */ (element).type.endsWith("Group"))
    return true;
  return [element, elements, alternatives].some(stacks);
}

/** @param {Expression} expression */
const keyOf = ({ file, source }) => `${file}: ${source ?? "made by a run"}`;

/** @returns {{ count: number, found: Found[], unused: string[] }} of the whole repository */
export function lintAll() {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ts|tsx|mjs|js)$/.test(name) && !/node_modules|dist/.test(name))
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`),
  );
  const all = files.flatMap((file) => expressionsOf(file, readFileSync(join(root, file), "utf8")));
  const wrong = all.flatMap((one) => {
    const fault = faultOf(one);
    return fault === undefined ? [] : [{ ...one, fault }];
  });
  return {
    count: all.length,
    found: wrong.filter((one) => !Object.hasOwn(allowed, keyOf(one))),
    unused: Object.keys(allowed).filter((key) => !wrong.some((one) => keyOf(one) === key)),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { count, found, unused } = lintAll();
  for (const { file, line, source, flags, fault } of found) {
    console.error(`${file}:${line}: ${source === undefined ? "" : `/${source}/${flags} `}${fault}`);
  }
  for (const key of unused) console.error(`tools/regexps.mjs: allows ${key}, which is not there, or takes linear time`);
  if (found.length + unused.length > 0) process.exitCode = 1;
  else console.log(`${count} regular expressions, none of which backtracks`);
}
