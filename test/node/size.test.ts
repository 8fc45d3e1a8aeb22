import { expect, it } from "vitest";
import { BUDGET, measureCore } from "../../tools/size.mjs";

it("what a page needs to train stays within its budget, minified and gzipped", async () => {
  const { core, later } = await measureCore();
  const parts = Object.entries(later).map(([name, { gzipped }]) => `${name} ${gzipped}`);
  console.log(
    `core: ${core.gzipped} of ${BUDGET} bytes gzipped (${core.bytes} minified); when they are asked for: ${parts.join(", ")}`,
  );
  expect(core.gzipped).toBeLessThanOrEqual(BUDGET);
  // The shaders alone are more than this: had they been dropped, the bundle would be no trainer.
  expect(core.bytes).toBeGreaterThan(50_000);
});
