import type { Page } from "playwright";
import { expect, it } from "vitest";
import { phone, settled, trainAll, useSite } from "./browser.ts";
import { checked } from "./gpu.ts";
import { atRest, train, untilReport } from "./playground.ts";
import { MOST_SHIFT, shiftsOf, watchShifts } from "./shifts.ts";

const site = useSite();

/** Each page until it is at rest, and where it trains until something was learned. */
const stays: readonly (readonly [at: string, until: (page: Page) => Promise<unknown>])[] = [
  [
    "playground?layers=4",
    async (page) => {
      await atRest(page);
      await train(page);
      for (let report = 0; report < 3; report++) await untilReport(page);
    },
  ],
  ["inside", settled],
  ["digits?layers=8&epochs=3", trainAll],
  ["image?size=64&layers=1&units=32&epochs=3", trainAll],
  ["data", settled],
  ["data?sample=houses&epochs=3", trainAll],
  ["data?sample=digits&layers=8&epochs=3", trainAll],
  ["gpu", checked],
];

it.each(
  stays.flatMap(([at, until]) => [
    { at, width: 1280, context: {}, until },
    { at, width: 390, context: phone, until },
  ]),
)("$at stays where it is, $width px wide", async ({ at, context, until }) => {
  const { page, errors } = await site.visit({ at, context, before: watchShifts });
  await settled(page);
  await until(page);
  await settled(page);
  const { sum, largest } = await shiftsOf(page);
  expect(sum, largest.join("\n")).toBeLessThanOrEqual(MOST_SHIFT);
  expect(errors).toEqual([]);
});
