import MagicString from "magic-string";
import { parseSync, Visitor } from "vite";

/**
 * Shaders as they are shipped: the WGSL without comments and idle white space, and each `#if` as a conditional expression, so
 * that the library brings no preprocessor along. Names and lines stay, for the messages of the driver's compiler.
 * @returns {import("vite").Plugin}
 */
export function compactShaders() {
  return {
    name: "chainrule:shaders",
    apply: "build",
    enforce: "pre",
    transform: { filter: { id: /\/shaders\/.*\.wgsl\.ts$/ }, handler: compactShader },
  };
}

/** One module of shaders. @param {string} code @param {string} id */
export function compactShader(code, id) {
  const { program } = parseSync(id, code, { lang: "ts" });
  const result = new MagicString(code);
  /** Tags of templates that `#if` may stand in. @type {Map<unknown, number>} */
  const tags = new Map();
  /** Expressions that stood in comments. @type {{ start: number, end: number }[]} */
  const dropped = [];
  new Visitor({
    ImportDeclaration: ({ source, start, end }) => {
      if (source.value.startsWith("wgsl-preprocessor")) result.remove(start, end);
    },
    TaggedTemplateExpression: ({ quasi, start }) => {
      tags.set(quasi, start);
    },
    TemplateLiteral: (template) => compactTemplate(result, code, template, tags.get(template), dropped),
    // Part of a shader too, where it holds more than a word.
    Literal: ({ value, start, end }) => {
      const text = typeof value === "string" ? withoutComments(value, false).text.trim() : value;
      if (text !== value && !dropped.some((one) => one.start <= start && end <= one.end))
        result.overwrite(start, end, JSON.stringify(text));
    },
  }).visit(program);
  return { code: result.toString(), map: result.generateMap({ hires: true, source: id, includeContent: true }) };
}

/**
 * A `#if`: whether it has met its `#else`, and whether a line ends before it, so that those of its words leave none behind.
 *
 * @typedef {{ met: boolean, alone: boolean }} Branch
 */

/**
 * @param {MagicString} result
 * @param {string} code
 * @param {import("vite").ESTree.TemplateLiteral} template
 * @param {number | undefined} tag Where its tag begins.
 * @param {{ start: number, end: number }[]} dropped
 */
function compactTemplate(result, code, { start, end, quasis, expressions }, tag, dropped) {
  /** Each open `#if`. @type {Branch[]} */
  const open = [];
  let commented = false;
  let opener = "`";
  let from = tag ?? start;
  let afterDirective = false;
  quasis.forEach(({ value }, index) => {
    const { text, rest } = withoutComments(value.cooked ?? "", commented);
    const expression = expressions[index];
    const directive = tag !== undefined && /#(if|elif) $/.exec(text);
    const inner = directive ? text.slice(0, directive.index) : text;
    const first = index === 0 || (afterDirective && open.at(-1)?.alone);
    const body = quoted(first ? inner.replace(/^\n/, "") : inner);
    const joined =
      tag === undefined ? body : body.replace(/#(else|endif)\b(\n?)/g, (_, word, end) => join(word, end, open));
    afterDirective = Boolean(directive);
    commented = rest && expression !== undefined;
    let closer = "${";
    if (expression === undefined) closer = "`";
    else if (commented) closer = "";
    else if (directive) closer = directive[1] === "if" ? "${(" : "` : (";
    if (directive && directive[1] === "if") open.push({ met: false, alone: inner.endsWith("\n") });
    result.overwrite(from, expression?.start ?? end, opener + joined + closer);
    if (commented && expression) {
      dropped.push(expression);
      result.remove(expression.start, expression.end);
    }
    opener = commented ? "" : directive ? ") ? `" : "}";
    from = expression?.end ?? end;
  });
  if (open.length > 0) throw new Error(`shaders: an #if without #endif in ${code.slice(start, start + 60)}`);
}

/**
 * What stands in the conditional expression for `#else` and `#endif`.
 * @param {string} word
 * @param {string} end of its line
 * @param {Branch[]} open
 */
function join(word, end, open) {
  const branch = open.at(-1);
  if (!branch) throw new Error(`shaders: #${word} without #if`);
  const rest = branch.alone ? "" : end;
  if (word === "else") {
    branch.met = true;
    return `\` : \`${rest}`;
  }
  open.pop();
  return (branch.met ? "`}" : "` : ``}") + rest;
}

/**
 * Leaves out comments, indentation, empty lines, ends of lines beside brackets, and blanks beside what parts words by itself.
 * @param {string} wgsl
 * @param {boolean} commented Whether a comment is open at its beginning, which an expression stands in.
 */
function withoutComments(wgsl, commented) {
  const open = commented ? wgsl.replace(/^[^\n]*/, "") : wgsl;
  let rest = commented && open === "";
  const text = open.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (comment, at) => {
    rest = comment.startsWith("//") && at + comment.length === open.length;
    return "";
  });
  return {
    text: text
      .replace(/[ \t]*\n\s*/g, "\n")
      // A bracket needs no line of its own. A directive of the preprocessor does, as long as there are any.
      .replace(/(?<=[{(,])\n(?!#)|\n(?=[)}])/g, "")
      .replace(/[ \t]*([,;(){}=+*:])[ \t]*/g, "$1")
      // Beside an operator only where a word or bracket is on its other side: `a - -b` has no `--`.
      .replace(/(?<=[\w)\]]) (?=[-/%<>!&|^])|(?<=[-/%<>&|^]) (?=[\w(])/g, ""),
    /** Whether a comment is open at its end. */
    rest,
  };
}

/** As the text of a template. @param {string} text */
const quoted = (text) => text.replace(/[\\`]|\$\{/g, "\\$&");
