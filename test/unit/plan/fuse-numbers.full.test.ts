import { describe, it } from "vitest";
import { exactOptimizers, trained } from "../../helpers/networks.ts";
import { expectSameTraining } from "./fuse-numbers.ts";

describe.each(trained)("same numbers, fewer steps: $name", (network) => {
  it.each(exactOptimizers)("%s", (_, optimizer) => expectSameTraining(network, optimizer));
});
