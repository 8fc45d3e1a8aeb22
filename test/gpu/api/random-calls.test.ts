import { test } from "vitest";
import { usePosingDevice } from "../../helpers/device.ts";
import { expectSequences } from "../../helpers/random-driver.ts";

const device = await usePosingDevice();

/** Those that the full tier does not draw. */
const FIRST = 100_000;

test("150 sequences of calls drawn at random, made at the same time, give what they give one after another", () =>
  expectSequences(device, FIRST, 150));
