import type { Page } from "playwright";
import { expect, it } from "vitest";
import { useSite, watchBuffers } from "./browser.ts";

const site = useSite();

/** Each page that draws on the GPU, and when it does. */
const drawing: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  Playground: (page) => page.getByTestId("fingerprint").waitFor(),
  "Inside a step": (page) => page.locator("[data-ready]").waitFor(),
  Digits: (page) => page.getByTestId("accuracy").getByText("%").waitFor(),
  Image: (page) => page.getByTestId("psnr").getByText("dB").waitFor(),
};

it.each(Object.entries(drawing))("a visit of %s leaves nothing on the GPU", async (name, ready) => {
  const { page, errors } = await site.visit({ at: "data" });
  await page.getByText("Drop a CSV file here").waitFor();
  const alive = await watchBuffers(page);
  for (let visit = 0; visit < 2; visit++) {
    await page.getByRole("link", { name, exact: true }).click();
    await ready(page);
    expect((await alive()).length).toBeGreaterThan(0);
    await page.getByRole("link", { name: "Your data" }).click();
    await page.getByText("Drop a CSV file here").waitFor();
    await expect.poll(alive, { timeout: 10_000 }).toEqual([]);
  }
  expect(errors).toEqual([]);
});
