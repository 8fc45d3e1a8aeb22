import { describe, expect, it } from "vitest";
import { button, expectGoodLooks, settled, trainAll, untilDone, useSite } from "./browser.ts";
import { decibels, give, keen, picture, ROUNDING, ready, saved, small, TENTH } from "./picture.ts";
import { psnrBetween, psnrOfMean } from "./pixels.ts";

describe("a picture", () => {
  const site = useSite();

  it("is learned far better than its mean colour, and the PSNR shown is that of the pixels drawn", async () => {
    const { page, errors } = await site.goTo(keen);
    await ready(page);
    const { pixels } = await picture(page);
    const before = await decibels(page);
    expect(before).toBeLessThan(psnrOfMean(pixels) + 1);
    expect(Math.abs(psnrBetween((await saved(page)).pixels, pixels) - before)).toBeLessThan(ROUNDING);
    await trainAll(page);
    const after = await decibels(page);
    expect(after).toBeGreaterThan(psnrOfMean(pixels) + TENTH);
    const learned = await saved(page);
    expect([learned.columns, learned.rows]).toEqual([32, 24]);
    expect(Math.abs(psnrBetween(learned.pixels, pixels) - after)).toBeLessThan(ROUNDING);
    expect(await page.locator(".chart [role=img]").getAttribute("aria-label")).toContain(`features ${after}`);
    expect(errors).toEqual([]);
  });

  it("of one's own, dropped, is scaled, laid on white, and learned at once", async () => {
    const { page, errors } = await site.goTo(keen);
    await ready(page);
    await give(page, "drop", "picture");
    await page.getByTestId("picture-name").getByText("picture.png").waitFor();
    await untilDone(page);
    const { columns, rows, pixels } = await picture(page);
    expect([columns, rows]).toEqual([32, 16]);
    const middle = (column: number) => pixels.slice(4 * (8 * 32 + column), 4 * (8 * 32 + column) + 4);
    expect([middle(4), middle(16), middle(28)]).toEqual([
      [200, 40, 40, 255],
      [20, 60, 220, 255],
      [255, 255, 255, 255],
    ]);
    expect(await decibels(page)).toBeGreaterThan(psnrOfMean(pixels) + TENTH);
    await page.getByText("but not your picture").waitFor();
    expect(page.url()).toMatch(new RegExp(`#/${keen.replace("?", "\\?")}$`));
    expect(errors).toEqual([]);
  });

  it("has no grave violation of accessibility, and fits", async () => {
    const { page } = await site.goTo(`${small}&compare=true&epochs=10`);
    await trainAll(page);
    await give(page, "drop", "text");
    await page.getByRole("alert").waitFor();
    await settled(page);
    await button(page, "Train").waitFor();
    await expectGoodLooks(page);
  });
});
