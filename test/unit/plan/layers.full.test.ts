import { it } from "vitest";
import { expectLinear } from "../../helpers/work.ts";
import { inspect, plans, uses } from "./layers.ts";

/** The fewest layers: with them twice and four times as many are counted. */
const LAYERS = 200;

it.each(plans)("the work to plan a step grows as the layers do, to the depth of 800: %s", (_, plan) =>
  expectLinear(LAYERS, (depth) => () => plan(depth)),
);

it.each(plans)(
  "the work to check, describe and print a plan grows as the layers do, to the depth of 400: %s",
  (_, made) =>
    expectLinear(LAYERS / 2, (depth) => {
      const plan = made(depth);
      return () => inspect(plan);
    }),
);

it.each(uses)("the work to %s grows as the layers of a network do, to the depth of 800", (_, prepare) =>
  expectLinear(LAYERS, prepare),
);
