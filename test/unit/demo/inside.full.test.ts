import { describe, it } from "vitest";
import {
  cases,
  expectArithmetic,
  expectDoubled,
  expectShares,
  expectStops,
  expectSwallowed,
  titleOf,
} from "./inside.ts";

describe.each(cases.map((one) => [titleOf(one), one] as const))("inside a step of %s", (_, network) => {
  it("gives every textbook dispatch the fused ones that do its work, and no fused one is idle", () =>
    expectSwallowed(network));

  it("stops at every dispatch, and never reads what no stop before has written", () => expectStops(network));

  it("writes out arithmetic that gives each number", () => expectArithmetic(network));

  it("tells differences as shares of the magnitudes added up, which are no less than what they add up to", () =>
    expectShares(network));

  it("shows a gradient that is twice as large", () => expectDoubled(network));
});
