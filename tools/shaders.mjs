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
  new Visitor({
    ImportDeclaration: ({ source, start, end }) => {
      if (source.value.startsWith("wgsl-preprocessor")) result.remove(start, end);
    },
    TaggedTemplateExpression: ({ quasi, start }) => {
      tags.set(quasi, start);
    },
    TemplateLiteral: (template) => compactTemplate(result, code, template, tags.get(template)),
  }).visit(program);
  return { code: result.toString(), map: result.generateMap({ hires: true, source: id, includeContent: true }) };
}

/**
 * @param {MagicString} result
 * @param {string} code
 * @param {import("vite").ESTree.TemplateLiteral} template
 * @param {number | undefined} tag Where its tag begins.
 */
function compactTemplate(result, code, { start, end, quasis, expressions }, tag) {
  /** Whether each open `#if` has met its `#else`. @type {boolean[]} */
  const open = [];
  let commented = false;
  let opener = "`";
  let from = tag ?? start;
  quasis.forEach(({ value }, index) => {
    const { text, rest } = withoutComments(value.cooked ?? "", commented);
    const expression = expressions[index];
    const directive = tag !== undefined && /#(if|elif) $/.exec(text);
    const body = quoted(directive ? text.slice(0, directive.index) : text);
    const joined = tag === undefined ? body : body.replace(/#(else|endif)\b/g, (_, word) => join(word, open));
    commented = rest && expression !== undefined;
    let closer = "${";
    if (expression === undefined) closer = "`";
    else if (commented) closer = "";
    else if (directive) closer = directive[1] === "if" ? "${(" : "` : (";
    if (directive && directive[1] === "if") open.push(false);
    result.overwrite(from, expression?.start ?? end, opener + joined + closer);
    if (commented && expression) result.remove(expression.start, expression.end);
    opener = commented ? "" : directive ? ") ? `" : "}";
    from = expression?.end ?? end;
  });
  if (open.length > 0) throw new Error(`shaders: an #if without #endif in ${code.slice(start, start + 60)}`);
}

/** What stands in the conditional expression for `#else` and `#endif`. @param {string} word @param {boolean[]} open */
function join(word, open) {
  if (open.length === 0) throw new Error(`shaders: #${word} without #if`);
  if (word === "endif") return open.pop() ? "`}" : "` : ``}";
  open[open.length - 1] = true;
  return "` : `";
}

/**
 * Leaves out comments, indentation, empty lines, and blanks beside what parts words by itself.
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
      .replace(/[ \t]*([,;(){}=+*:])[ \t]*/g, "$1")
      // Beside an operator only where a word or bracket is on its other side: `a - -b` has no `--`.
      .replace(/(?<=[\w)\]]) (?=[-/%<>!&|^])|(?<=[-/%<>&|^]) (?=[\w(])/g, ""),
    /** Whether a comment is open at its end. */
    rest,
  };
}

/** As the text of a template. @param {string} text */
const quoted = (text) => text.replace(/[\\`]|\$\{/g, "\\$&");
