import { checkText, checkTexts } from "./check.ts";

/**
 * How the command line is called: from a checkout that was built, as long as no registry has the package. Once it is published,
 * `npx chainrule` here is all that changes.
 */
export const commandLine = "node dist/cli.js";

/** Of no form at all: what is not seen, or seen elsewhere than where it stands, and ends of lines. */
const unseen = "\\p{C}\\p{Zl}\\p{Zp}";

/** What every shell takes as it is. */
const plain = /^[\w./][\w.,/+-]*$/;

/** `"…"`: bash expands `$`, backquotes, `\` and `!` there, cmd what stands between two `%`; PowerShell ends it at “ too. */
const double = new RegExp(`^[^${unseen}"“”„$\`!\\\\%]*(?:%[^${unseen}"“”„$\`!\\\\%]*)?$`, "u");

/** `'…'`: plain letters to cmd, where only what is active outside of `"…"` matters, and that each `"` has its other one. */
const single = new RegExp(
  `^[^${unseen}'‘’‚‛&|<>^%"]*(?:"[^${unseen}'‘’‚‛&|<>^%"]*"[^${unseen}'‘’‚‛&|<>^%"]*){0,99}$`,
  "u",
);

/**
 * A word of a command that is to be copied, in quotes where a shell would take it for something else. In bash, zsh, PowerShell and
 * cmd it stays one word that runs nothing, which all four read alike; only where it holds `"`, “, `$`, `!`, `\` or a backquote it
 * is in single quotes, which cmd (and an old PowerShell, of `"`) reads as another name.
 * @param otherwise what stands for a word that has no such form: control and bidi letters, line ends, `%a%`, `it's $5`
 */
export function quoteWord(word: string, otherwise: string): string {
  checkText("quoteWord", "word", word);
  checkText("quoteWord", "otherwise", otherwise);
  if (plain.test(word)) return word;
  return double.test(word) ? `"${word}"` : single.test(word) ? `'${word}'` : otherwise;
}

/** As `quoteWord`, for the name of a file: one that begins with `-` is no option. */
export function quoteFile(name: string, otherwise: string): string {
  checkText("quoteFile", "name", name);
  return quoteWord(name.startsWith("-") ? `./${name}` : name, otherwise);
}

/** What Windows takes for a device, whatever its ending. */
const device = /^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³]) *(?=\.|$)/i;

/** Bytes of the longest name that file systems take. */
const MOST_BYTES = 255;

/**
 * The name of a file that is to be saved, with `_` for what a file system, a browser or a shell would take for something else, and
 * before the name of a device of Windows; at most 255 bytes, with its ending: `quoteFile` has a form for every one.
 */
export function plainName(name: string): string {
  checkText("plainName", "name", name);
  return (
    shortName(name.replace(/[^\p{L}\p{M}\p{N} ._+-]/gu, "_").replace(device, "_$&")).replace(/^[. ]|[. ]$/g, "_") || "_"
  );
}

function shortName(name: string): string {
  const [end = ""] = /\.[^.]{1,20}$/.exec(name) ?? [];
  const stem = name.slice(0, name.length - end.length);
  const encoder = new TextEncoder();
  // No letter is written in part.
  const { read } = encoder.encodeInto(stem, new Uint8Array(MOST_BYTES - encoder.encode(end).length));
  return stem.slice(0, read) + end;
}

/** Names as one word of a command, parted by commas as a row of CSV, which is how `--ignore` takes them. */
export function quoteNames(names: readonly string[]): string {
  checkTexts("quoteNames", "names", names);
  return names.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",");
}
