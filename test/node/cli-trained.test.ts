import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isTrained } from "../../src/cli/reading.ts";
import { descriptionKey } from "../../src/data/description.ts";
import { encodeSafetensors } from "../../src/data/safetensors.ts";
import { createWorkplace } from "./command.ts";

it.each([
  ["a model of a table", descriptionKey, "{}", true],
  ["a model of a table of a million columns", descriptionKey, "x".repeat(20_000_000), true],
  ["a model of no table", "note", "mine", false],
])("tells %s", (_, key, text, own) => {
  const place = createWorkplace();
  try {
    const path = join(place.folder, "model.safetensors");
    writeFileSync(path, encodeSafetensors({ W1: { shape: [1], data: new Float32Array(1) } }, { [key]: text }));
    expect(isTrained(path)).toBe(own);
  } finally {
    place.remove();
  }
});
