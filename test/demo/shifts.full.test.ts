import type { BrowserContextOptions, Page } from "playwright";
import { describe, expect, it } from "vitest";
import { phone, type Site, settled, trainAll, useSite } from "./browser.ts";
import { checked } from "./gpu.ts";
import { atRest, train, untilReport } from "./playground.ts";
import { MOST_SHIFT, shiftsOf, watchShifts } from "./shifts.ts";

/** Asserts that what a page shows stays where it is from the first paint on. */
async function expectStill(site: Site, { at, context, until }: Stay): Promise<void> {
  const { page, errors } = await site.visit({ at, context, before: watchShifts });
  await settled(page);
  await until(page);
  await settled(page);
  const { sum, largest } = await shiftsOf(page);
  expect(sum, largest.join("\n")).toBeLessThanOrEqual(MOST_SHIFT);
  expect(errors).toEqual([]);
}

interface Stay {
  readonly at: string;
  readonly context: BrowserContextOptions;
  readonly until: (page: Page) => Promise<unknown>;
}

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

/** At two widths. */
const wideAndNarrow = (all: typeof stays) =>
  all.flatMap(([at, until]) => [
    { at, width: 1280, context: {}, until },
    { at, width: 390, context: phone, until },
  ]);

describe("the site", () => {
  const site = useSite();

  it.each(wideAndNarrow(stays))("$at stays where it is, $width px wide", (stay) => expectStill(site, stay));
});

describe("with WebGPU and no adapter", () => {
  const site = useSite({ adapter: false });
  const ways = ["playground?layers=4", "inside", "digits?layers=8", "image?size=32", "data", "gpu"] as const;

  it.each(wideAndNarrow(ways.map((at) => [at, settled])))("$at stays where it is, $width px wide", async (stay) => {
    await expectStill(site, {
      ...stay,
      async until(page) {
        await stay.until(page);
        // And is the one that it would be.
        await page.getByText("found no adapter").waitFor();
        expect(await page.evaluate(() => navigator.gpu !== undefined)).toBe(true);
      },
    });
  });
});
