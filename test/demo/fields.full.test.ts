import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import { button, until, useSite } from "./browser.ts";
import { atRest, train, untilReport } from "./playground.ts";

/** Until a training of a given length is reported again. */
async function untilProgress(page: Page): Promise<void> {
  const bar = page.locator(".course progress");
  const value = () => bar.evaluate((element: HTMLProgressElement) => element.value);
  const before = await value();
  await until(value, (now) => now > before);
}

describe("a field of a page that trains", () => {
  const site = useSite();
  const training = async () => {
    const { page } = await site.goTo("playground?points=circle&layers=4");
    await atRest(page);
    await train(page);
    await untilReport(page);
    return page;
  };

  it("keeps what is typed until it is settled, and shows the value again where nothing was entered", async () => {
    const page = await training();
    const seed = page.getByLabel("Seed");
    await seed.selectText();
    // Each report draws the page anew.
    for (const key of "42") {
      await seed.press(key);
      await untilReport(page);
    }
    expect(await seed.inputValue()).toBe("42");
    expect(page.url()).not.toContain("seed=42");
    await seed.press("Tab");
    await page.waitForURL(/[?&]seed=42(&|$)/);
    expect(await seed.inputValue()).toBe("42");

    await seed.fill("7");
    await seed.fill("42");
    await seed.blur();
    expect(await seed.inputValue()).toBe("42");
    await seed.fill("-1");
    await seed.press("Enter");
    await page.getByRole("alert").getByText("Not taken: give a whole number").waitFor();
    expect(await seed.inputValue()).toBe("-1");
  });

  it("leaves the thumb of a slider where it is held until it is let go", async () => {
    const page = await training();
    const points = page.getByRole("slider", { name: "Points" });
    const box = await points.boundingBox();
    if (!box) throw new Error("the slider is not shown");
    const before = Number(await points.inputValue());
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2);
    await untilReport(page);
    expect(Number(await points.inputValue())).toBe(600);
    expect(before).toBeLessThan(600);
    expect(page.url()).not.toContain("count=600");
    await page.mouse.up();
    await page.waitForURL(/[?&]count=600(&|$)/);
  });

  it("of text keeps what is typed too", async () => {
    const { page } = await site.goTo("data?sample=houses");
    const layers = page.getByLabel("Hidden layers");
    await layers.waitFor();
    await page.getByLabel("Epochs").fill("100000");
    await page.getByLabel("Epochs").press("Enter");
    await button(page, "Train").click();
    await button(page, "Pause").waitFor();
    await layers.selectText();
    for (const key of "8,8") {
      await layers.press(key);
      await untilProgress(page);
    }
    expect(await layers.inputValue()).toBe("8,8");
    await button(page, "Pause").waitFor();
    await layers.press("Enter");
    await button(page, "Train").waitFor();
    expect(await layers.inputValue()).toBe("8,8");
  });
});
