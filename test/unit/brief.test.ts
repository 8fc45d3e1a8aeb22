import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { brief, visible } from "../../src/brief.ts";
import { DataError } from "../../src/errors.ts";
import { hidden, letters } from "../helpers/hidden.ts";

describe("visible", () => {
  it.each([
    ["line\nend\r\ttab", "line\\nend\\u{d}\\u{9}tab"],
    ["\u001b]52;c;eA==\u0007", "\\u{1b}]52;c;eA==\\u{7}"],
    ["\u007f\u009b2J", "\\u{7f}\\u{9b}2J"],
    ["a\u202eb\u2066c\u061cd", "a\\u{202e}b\\u{2066}c\\u{61c}d"],
    ["\u2028\u2029\ufeff\u00ad", "\\u{2028}\\u{2029}\\u{feff}\\u{ad}"],
    ["\ud83d \ude00 \u{e0041}", "\\u{d83d} \\u{de00} \\u{e0041}"],
    ["größe 犬 😀 👩‍💻 می‌خواهم", "größe 犬 😀 👩‍💻 می‌خواهم"],
  ])("writes %j in letters that are seen", (text, written) => {
    expect(visible(text)).toBe(written);
    expect(visible(written)).toBe(written);
  });
});

describe("brief", () => {
  it("leaves out the middle of what is too long", () => {
    expect(brief("abcdefghij", 10)).toBe("abcdefghij");
    expect(brief("abcdefghijk", 10)).toBe("abcde…hijk");
    expect(brief("abcdefghijk", 9)).toBe("abcd…ijk");
  });

  it("is no longer than it may be, hides nothing, and takes no longer for a long text", () => {
    fc.assert(
      fc.property(letters, fc.integer({ min: 4, max: 90 }), (text, most) => {
        const short = brief(text, most);
        expect(short.length).toBeLessThanOrEqual(most);
        expect(short).not.toMatch(hidden);
        if (visible(text).length <= most) expect(short).toBe(visible(text));
      }),
    );
    expect(brief("\u001b".repeat(2 ** 27), 40)).toHaveLength(40);
  });
});

describe("an error", () => {
  const parts = ["where", "got", "expected", "remedy"] as const;

  it("says no more than 300 letters, hides nothing, and keeps its remedy whole, whatever it quotes", () => {
    const remedy = fc.constantFrom("mend it", `write "${"x".repeat(200)}"`);
    fc.assert(
      fc.property(letters, letters, letters, remedy, (where, got, expected, remedy) => {
        const error = new DataError({ where, got, expected, remedy });
        expect(error.message.length).toBeLessThanOrEqual(300);
        for (const text of [error.message, error.stack?.split("\n")[0], ...parts.map((part) => error[part])]) {
          expect(text).not.toMatch(hidden);
        }
        for (const part of parts) expect(error[part].length).toBeLessThanOrEqual(250);
        expect(error.message.endsWith(`; ${remedy}.`)).toBe(true);
      }),
    );
  });

  it("keeps the beginning and the end of what it quotes", () => {
    const { message } = new DataError({
      where: "data.csv: line 2",
      got: `"${"a".repeat(10_000)}"`,
      expected: "a number",
      remedy: "mend the cell",
    });
    expect(message).toMatch(/^data\.csv: line 2: got "a{90,}…a{90,}", expected a number; mend the cell\.$/);
    expect(message).toHaveLength(300);
  });
});
