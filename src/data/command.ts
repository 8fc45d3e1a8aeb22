/**
 * How the command line is called: from a checkout that was built, as long as no registry has the package. Once it is published,
 * `npx chainrule` here is all that changes.
 */
export const commandLine = "node dist/cli.js";

/** A word of a command, in quotes where a shell would take it for something else. */
export const quoteWord = (word: string): string =>
  /^[\w.,/+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Names as one word of a command, parted by commas as a row of CSV, which is how `--ignore` takes them. */
export const quoteNames = (names: readonly string[]): string =>
  names.map((name) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",");
