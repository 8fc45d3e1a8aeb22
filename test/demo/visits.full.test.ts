import { it } from "vitest";
import { settled, trainAll, useSite } from "./browser.ts";
import { expectNothingLeft, type Stay } from "./visits.ts";

const site = useSite();

/** But for the playground's, which is in playground.test.ts. */
const stays: Readonly<Record<string, Stay>> = {
  "Inside a step": { at: "inside", ready: settled },
  Digits: { at: "digits?layers=8", ready: settled },
  Image: { at: "image?size=64&layers=1&units=32", ready: settled },
  "Your data": { at: "data?sample=houses&epochs=1", next: "inside", ready: trainAll },
  // In the middle of its self-check.
  "This GPU": { at: "gpu" },
};

it.each(Object.entries(stays))("a visit of %s leaves nothing on the GPU", (_, stay) => expectNothingLeft(site, stay));
