import { describe, expect, it } from "vitest";
import { readCsv } from "../../../src/data/csv.ts";
import { problemOf } from "../../../src/data/problem.ts";

describe("a problem without a column to learn from", () => {
  const refusal = (text: string, ignore: readonly string[]) => {
    try {
      problemOf(readCsv(text, "data.csv"), { target: "y", ignore });
    } catch (error) {
      return (error as Error).message.split("; ")[1];
    }
    return "none";
  };

  it.each([
    ["names the cell that keeps a column of numbers out", "a,b,y\nx,1,2\nz,n/a,3\n", 'or mend line 3 of "b", "n/a"'],
    ["names an empty cell", "a,b,y\nx,,2\nz,4,3\n", 'or mend line 2 of "b", an empty cell'],
  ])("%s", (_, text, mend) => {
    expect(refusal(text, ["a", "b"])).toBe(`add a column of numbers, ${mend} among numbers, and do not ignore it.`);
  });

  it("asks to ignore fewer only where some are ignored", () => {
    expect(refusal("a,y\n1,2\n", ["a"])).toBe("add a column of numbers, or ignore fewer.");
    expect(refusal("y\n2\n", [])).toBe("add a column of numbers.");
  });
});
