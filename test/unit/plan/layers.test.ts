import { it } from "vitest";
import { expectLinear } from "../../helpers/work.ts";
import { inspect, plans, uses } from "./layers.ts";

it.each(plans.slice(0, 5))("the work to plan a step and to print the plan grows as the layers do: %s", (_, plan) =>
  expectLinear(40, (depth) => () => inspect(plan(depth))),
);

it.each(uses)("the work to %s grows as the layers of a network do", (_, prepare) => expectLinear(40, prepare));
