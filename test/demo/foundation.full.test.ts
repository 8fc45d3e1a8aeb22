import { describe, expect, it } from "vitest";
import { button, useSite } from "./browser.ts";
import { atRest, train, untilAccurate } from "./playground.ts";

describe("the site", () => {
  const site = useSite();

  it("offers to reload where a page does not load, and says so on that page alone", async () => {
    const { page } = await site.visit({ context: { serviceWorkers: "block" } });
    await atRest(page);
    let away = true;
    await page.route(/assets\/page-[^/]*\.js$/, (route) => (away ? route.abort() : route.continue()));
    await page.getByRole("link", { name: "Digits" }).click();
    const alert = page.getByRole("alert").filter({ hasText: "This page did not load" });
    await alert.waitFor();
    await page.getByRole("link", { name: "Playground" }).click();
    await atRest(page);
    expect(await alert.count()).toBe(0);
    await page.goBack();
    await alert.waitFor();
    away = false;
    await button(page, "Reload").click();
    await page.getByRole("heading", { level: 1, name: /digit/i }).waitFor();
  });

  it.each(["light", "dark"] as const)(
    "takes the system's theme, %s, and the one that is chosen",
    async (colorScheme) => {
      const { page } = await site.visit({ context: { colorScheme } });
      const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const before = await background();
      await page.getByRole("button", { name: /^Use the (light|dark) theme$/ }).click();
      const after = await background();
      expect([before, after]).toEqual(
        colorScheme === "light" ? ["rgb(247, 246, 243)", "rgb(18, 21, 26)"] : ["rgb(18, 21, 26)", "rgb(247, 246, 243)"],
      );
      await page.reload();
      expect(await background()).toBe(after);
    },
  );

  it("trains in several tabs at once, and each tells its step in its title", async () => {
    const { page } = await site.visit();
    await atRest(page);
    await page.getByRole("button", { name: "Train" }).click();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await atRest(other);
    await other.getByRole("button", { name: "Train" }).click();
    for (const tab of [page, other]) {
      const first = await tab.title();
      await tab.waitForFunction((title) => /^▶ step [\d,]+/.test(document.title) && document.title !== title, first);
    }
  });

  it("opens an address anew in the tab that shows its page, and keeps the page's state at its own link", async () => {
    const { page } = await site.goTo("playground?points=gauss&layers=2");
    await atRest(page);
    const shape = (name: string) => page.getByRole("radio", { name, checked: true }).waitFor();
    await shape("gauss");
    const gauss = page.url();
    await page.evaluate(() => {
      location.hash = "#/playground?points=moons&layers=3";
    });
    await shape("moons");
    await atRest(page);
    const moons = page.url();
    await page.getByRole("link", { name: "Playground" }).click();
    await page.getByRole("link", { name: "chainrule" }).click();
    expect(page.url()).toBe(moons);
    await page.goBack();
    await shape("gauss");
    await atRest(page);
    expect(page.url()).toBe(gauss);
  });
});

describe("without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("learns on the CPU", async () => {
    const { page } = await site.goTo("playground?points=gauss");
    await atRest(page);
    await train(page);
    await untilAccurate(page, "test", 97);
  });
});
