import { describe, it } from "vitest";
import { optimizers, trained } from "../../helpers/networks.ts";
import { expectSameTraining } from "./fuse-numbers.ts";

describe.each(trained)("same numbers, fewer steps: $name", (network) => {
  it.each(optimizers)("%s", (_, optimizer) => expectSameTraining(network, optimizer));
});
