import { describe, expect, it } from "vitest";
import { button, expectGoodLooks, pictureOf, settled, trainAll, useSite } from "./browser.ts";
import { accuracy, expectToReadDrawings, ready } from "./pad.ts";

describe("digits", () => {
  const site = useSite();

  it("are learned to 0.95 of the test images, drawn ones are recognised, and the weights are shown as they change", async () => {
    const { page, errors } = await site.goTo("digits?layers=32&optimizer=momentum&epochs=10");
    await ready(page);
    await page.getByText("Test accuracy, 359 images").waitFor();
    await settled(page);
    const before = await pictureOf(page, ".weights canvas");
    await trainAll(page);
    expect(await accuracy(page)).toBeGreaterThanOrEqual(95);
    await settled(page);
    expect((await pictureOf(page, ".weights canvas")).equals(before)).toBe(false);
    await expectToReadDrawings(page);
    await button(page, "Take a test image").click();
    await page.getByTestId("verdict").waitFor();
    await expectGoodLooks(page);
    expect(errors).toEqual([]);
  });
});
