import { describe, test } from "vitest";
import { usePosingDevice } from "../../helpers/device.ts";
import { expectSequences } from "../../helpers/random-driver.ts";

const device = await usePosingDevice();

/** In Node all; what else runs the library adds its own device, and has the same calls. */
const runtime = globalThis as { readonly document?: unknown; readonly Deno?: unknown };
const thousands = runtime.document === undefined && runtime.Deno === undefined ? 10 : 1;

describe("sequences of calls drawn at random, made at the same time, give what they give one after another", () => {
  test.each(Array.from({ length: thousands }, (_, index) => 1000 * index))(
    "those of a thousand seeds from %i",
    (first) => expectSequences(device, first, 1000),
  );
});
