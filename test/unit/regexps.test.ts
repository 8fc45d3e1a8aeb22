import { describe, expect, it } from "vitest";
import { allowed, expressionsOf, faultOf } from "../../tools/regexps.mjs";

const fault = (source: string, flags = "") => faultOf({ file: "a.ts", line: 1, source, flags });

describe("the linter of regular expressions", () => {
  it.each([
    ["^[+-]?(\\d+\\.?\\d*|\\.\\d+)(e[+-]?\\d+)?$", "polynomial time (Trade) for a text of many "],
    ["^ *[^,;]* *[;\\t]", "polynomial time (Trade) for a text of many "],
    ["^(a*)*$", "exponential time (Self) for a text of many "],
    ["\\s+$", "polynomial time (Move) for a text of many "],
    ['^"(?:[^"]|"")*"', "a step of the stack for each time a group is repeated"],
    ["^(ab)*(ab)*$", "a step of the stack for each time a group is repeated"],
    ["(", "not understood: "],
  ])("finds fault with %s", (source, expected) => {
    expect(fault(source)).toContain(expected);
  });

  it.each(["^[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:e[+-]?\\d+)?$", "\\r\\n?", "^(a|b){0,9}$", "[\\w.]+"])(
    "takes %s",
    (source) => {
      expect(fault(source)).toBeUndefined();
    },
  );

  it("finds all that is written or made, with its line", () => {
    const text = `const a = /x\\/y/gi;
const b = <p>{new RegExp("a+", "u")}</p>;
RegExp(\`c\`); text.match("d"); text.search(name); new RegExp(made); "/no/";
text.replace(/e/, "f"); new RegExp(/g/);
const some = "[ab]"; new RegExp(\`\${some}*\${some}\`); new RegExp(\`\${a}*\`);`;
    expect(expressionsOf("a.tsx", text)).toEqual([
      { file: "a.tsx", line: 1, source: "x\\/y", flags: "gi" },
      { file: "a.tsx", line: 2, source: "a+", flags: "u" },
      { file: "a.tsx", line: 3, source: "c", flags: "" },
      { file: "a.tsx", line: 3, source: "d", flags: "" },
      { file: "a.tsx", line: 3, source: undefined, flags: "" },
      { file: "a.tsx", line: 4, source: "e", flags: "" },
      { file: "a.tsx", line: 4, source: "g", flags: "" },
      { file: "a.tsx", line: 5, source: "[ab]*[ab]", flags: "" },
      { file: "a.tsx", line: 5, source: undefined, flags: "" },
    ]);
    expect(fault(undefined as unknown as string)).toContain("made by a run");
  });

  it("makes no exception where text of others is met", () => {
    expect(Object.keys(allowed).filter((key) => /^(src|demo|shaders)\//.test(key))).toEqual([]);
  });
});
