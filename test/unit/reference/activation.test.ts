import { describe, expect, it } from "vitest";
import { activations, slopeNeeds } from "../../../src/model/activation.ts";
import { activationFunctions } from "../../../src/reference/activation.ts";

/** Around 0, where slopes jump, and where they are nearly flat. */
const zs = [-30, -2.5, -1, -1e-3, -1e-30, 0, 1e-30, 1e-3, 0.5, 1, 2.5, 30];

describe("the slope of each activation", () => {
  it.each(activations.filter((activation) => slopeNeeds[activation] === "h"))(
    "%s is the same out of h alone, as kernels that keep no z take it",
    (activation) => {
      const { value, slope } = activationFunctions[activation];
      for (const z of zs) {
        const h = value(z);
        expect([z, slope(h, h)]).toEqual([z, slope(z, h)]);
      }
    },
  );
});
