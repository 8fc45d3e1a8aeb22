import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import mutants from "../mutants.json" with { type: "json" };

const pathOf = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

describe("the mutants that npm test must find", () => {
  it("are at least forty, no two alike", () => {
    const texts = mutants.map(({ file, from, to }) => [file, from, to].join("\n"));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.length).toBeGreaterThanOrEqual(40);
  });

  it.each(mutants)(
    "$file: $from → $to changes one place, and names tests of the fast tier",
    ({ file, from, to, tests }) => {
      expect(from).not.toBe(to);
      expect(readFileSync(pathOf(file), "utf8").split(from)).toHaveLength(2);
      expect(tests.length).toBeGreaterThan(0);
      for (const test of tests) {
        const [suite, path = ""] = test.split(" ");
        expect(["unit", "gpu", "command", "demo"]).toContain(suite);
        expect(path).toMatch(/(?<!\.full)\.test\.ts$/);
        expect(existsSync(pathOf(path))).toBe(true);
      }
    },
  );
});
