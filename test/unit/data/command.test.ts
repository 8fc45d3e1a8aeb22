import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { namesOption } from "../../../src/cli/options.ts";
import { plainName, quoteFile, quoteNames, quoteWord } from "../../../src/data/command.ts";

/** The words that bash reads in a line. */
const bash = (line: string): string[] =>
  execFileSync("bash", { input: `printf '%s\\0' ${line}\n`, encoding: "utf8" })
    .split("\0")
    .slice(0, -1);

/** The words that PowerShell reads; undefined where it would run or expand something, or a quote is left open. */
function powerShell(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let rest = line; rest !== ""; ) {
    const [part = "", blank, double, single, bare] =
      /^(?:( )|["“”„]([^"“”„$`]*)["“”„]|['‘’‚‛]([^'‘’‚‛]*)['‘’‚‛]|([\w.,/+:][\w.,/+:-]*|(?!^)-))/u.exec(rest) ?? [];
    if (part === "") return undefined;
    if (blank) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + (double ?? single ?? bare ?? "");
    rest = rest.slice(part.length);
  }
  return word === undefined ? words : [...words, word];
}

/** The words that cmd.exe and the C library read; undefined where it would run or expand something, or a quote is left open. */
function cmd(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let open = false;
  if (/%.*%|\p{Cc}/su.test(line)) return undefined;
  for (const letter of line) {
    if (letter === '"') {
      open = !open;
      word ??= "";
    } else if (letter === " " && !open) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (!open && /[&|<>^]/.test(letter)) return undefined;
    else word = (word ?? "") + letter;
  }
  if (open) return undefined;
  return word === undefined ? words : [...words, word];
}

/** Letters that shells take for something else, beside some that they do not. */
const word = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ..."ab1 .,-+/_é犬'\"`$!\\%^&|<>();*?[]{}#~=@:",
      ..."“”„‘’‚‛",
      "\n",
      "\r",
      "\0",
      "\u001b",
      "\u202e",
      "\u2028",
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
});

describe("a command to be copied", () => {
  it("has words in quotes where a shell would take them for something else", () => {
    const quoted = (word: string) => quoteWord(word, "OTHER");
    expect(["a.csv", "my houses.csv", "it's", "", "humidity %", "-x", "a&b"].map(quoted)).toEqual([
      ...["a.csv", '"my houses.csv"', `"it's"`, '""', '"humidity %"', '"-x"', '"a&b"'],
    ]);
    expect(["price $", "a`b`", "oh!", "a\\", '"Maker, model",id'].map(quoted)).toEqual([
      ...["'price $'", "'a`b`'", "'oh!'", "'a\\'", `'"Maker, model",id'`],
    ]);
    for (const none of ["x\u0003  touch pasted\n#.csv", "a\nb", "%PATH%", "it's $5", "a\u202eb", '"&', "\ud800"]) {
      expect(quoted(none)).toBe("OTHER");
    }
    expect(["-x.csv", "--out=e.csv"].map((name) => quoteFile(name, "OTHER"))).toEqual(["./-x.csv", '"./--out=e.csv"']);
  });

  it("is read alike by bash, PowerShell and cmd, and runs nothing in any of them", () => {
    const lines: { line: string; words: readonly string[] }[] = [];
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (drawn) => {
        const words = drawn.filter((one) => quoteWord(one, "OTHER") !== "OTHER" || one === "OTHER");
        const line = words.map((one) => quoteWord(one, "OTHER")).join(" ");
        lines.push({ line, words });
        expect(powerShell(line)).toEqual(words);
        // Two of one `%` each are a pair to cmd, of a variable that no one has: it leaves them as they stand.
        const read = cmd(line.replaceAll("%", "_"));
        expect(read).toBeDefined();
        if (words.every((one) => !quoteWord(one, "OTHER").startsWith("'"))) {
          expect(read).toEqual(words.map((one) => one.replaceAll("%", "_")));
        }
      }),
      { numRuns: 2000 },
    );
    expect(bash(lines.map(({ line }) => line).join(" "))).toEqual(lines.flatMap(({ words }) => words));
  });

  it("has a form for every name that a page saves a file by", () => {
    expect(["my houses.csv", "-x", "a/b?\n", ".csv", "", "größe 2.csv"].map(plainName)).toEqual([
      ...["my houses.csv", "-x", "a_b__", "_csv", "_", "größe 2.csv"],
    ]);
    const devices = ["con.csv", "NUL", "Com1.tar.gz", "lpt¹ .csv", "console.csv", "com10", "a.nul"];
    expect(devices.map(plainName)).toEqual([
      ...["_con.csv", "_NUL", "_Com1.tar.gz", "_lpt¹ .csv", "console.csv", "com10", "a.nul"],
    ]);
    expect(plainName(`${"n".repeat(300)}.safetensors`)).toBe(`${"n".repeat(243)}.safetensors`);
    expect(plainName("ö".repeat(128))).toBe("ö".repeat(127));
    const long = fc.tuple(word, fc.nat(99)).map(([name, times]) => name.repeat(times));
    fc.assert(
      fc.property(fc.oneof(word, long), (name) => {
        const saved = plainName(name);
        expect(new TextEncoder().encode(saved).length).toBeLessThanOrEqual(255);
        expect(quoteFile(saved, "OTHER"), saved).not.toBe("OTHER");
        expect(plainName(saved)).toBe(saved);
      }),
    );
  });

  it("names columns as --ignore reads them", () => {
    const names = ["Maker, model", 'size "', "id", "two\nlines", "-x"];
    expect(namesOption(quoteNames(names))).toEqual(names);
  });
});
