import { gzipSync } from "node:zlib";
import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import { expectAccessible, loseGpu, useSite } from "./browser.ts";

/** Most bytes of script that the first load may take, compressed. */
const FIRST_LOAD = 150 * 1024;

const untilPast = (page: Page, step: number) =>
  page.waitForFunction(
    (past) => Number(document.querySelector("[data-testid=step]")?.textContent?.replaceAll(",", "")) > past,
    step,
  );

/** The playground shows the fingerprint of its weights as soon as its network is ready. */
const ready = (page: Page) => page.getByTestId("fingerprint").waitFor();

/** Counts what is read out at once, from now on. */
const countAlerts = (page: Page) =>
  page.evaluate(() => {
    const counts = { alerts: 0 };
    Object.defineProperty(globalThis, "alerts", { get: () => counts.alerts });
    new MutationObserver((changes) => {
      const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
      counts.alerts += added.filter((node) => node instanceof Element && node.matches("[role=alert]")).length;
    }).observe(document.body, { childList: true, subtree: true });
  });

describe("the site", () => {
  const site = useSite();

  it("opens below a sub-path, asks for nothing outside it, and takes at most 150 KB of script", async () => {
    const scripts = new Map<string, number>();
    const outside: string[] = [];
    const { page, errors } = await site.visit({
      // What it stores for later is no part of the first load.
      context: { serviceWorkers: "block" },
      before: (page) => {
        page.on("request", (request) => {
          if (/^http/.test(request.url()) && !request.url().startsWith(site.address)) outside.push(request.url());
        });
        page.on("response", async (response) => {
          if (!/javascript/.test(response.headers()["content-type"] ?? "")) return;
          scripts.set(response.url(), gzipSync(await response.body()).length);
        });
      },
    });
    await ready(page);
    await page.waitForLoadState("networkidle");
    expect(new URL(site.address).pathname).toBe("/pages/chainrule/");
    expect([errors, outside]).toEqual([[], []]);
    const total = [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0);
    // The page, its chunk, the worker and its session: all were seen.
    expect(scripts.size).toBeGreaterThanOrEqual(4);
    expect(total).toBeGreaterThan(30 * 1024);
    expect(total).toBeLessThanOrEqual(FIRST_LOAD);
  });

  it("works offline after the first load", async () => {
    const { page, errors } = await site.visit();
    // Active, it has stored all files.
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await page.context().setOffline(true);
    await page.reload();
    await ready(page);
    expect(errors).toEqual([]);
  });

  it("keeps the files of the build before for the tabs that it opened, and serves its own first", async () => {
    const { page } = await site.visit({
      before: (page) =>
        page.addInitScript(async () => {
          for (const name of ["chainrule-1", "chainrule-2"]) {
            const cache = await caches.open(name);
            await cache.put(`assets/page-of-${name}.js`, new Response(name));
            await cache.put("./", new Response(name));
          }
        }),
    });
    await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
    const status = (file: string) => page.evaluate(async (name) => (await fetch(name)).text(), file);
    expect(await status("assets/page-of-chainrule-2.js")).toBe("chainrule-2");
    expect(await status("assets/page-of-chainrule-1.js")).not.toBe("chainrule-1");
    expect(await status("./")).toContain("<html");
  });

  it("offers to reload where a page does not load, and says so on that page alone", async () => {
    const { page } = await site.visit({ context: { serviceWorkers: "block" } });
    await ready(page);
    let away = true;
    await page.route(/assets\/page-[^/]*\.js$/, (route) => (away ? route.abort() : route.continue()));
    await page.getByRole("link", { name: "Digits" }).click();
    const alert = page.getByRole("alert").filter({ hasText: "This page did not load" });
    await alert.waitFor();
    await page.getByRole("link", { name: "Playground" }).click();
    await ready(page);
    expect(await alert.count()).toBe(0);
    await page.goBack();
    await alert.waitFor();
    away = false;
    await alert.getByRole("button", { name: "Reload" }).click();
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

  it("announces a lost GPU, and starts again where the address says", async () => {
    const { page } = await site.visit();
    await ready(page);
    await page.getByRole("button", { name: "Train" }).click();
    await page.waitForURL(/[?&]step=\d/);
    await countAlerts(page);
    await loseGpu(page);
    const alert = page.getByRole("alert").filter({ hasText: "The GPU stopped" });
    await alert.waitFor();
    expect(await alert.textContent()).toContain("a device that was destroyed");
    expect(await alert.innerText()).not.toContain("checkpoint");
    // Training has ended on it, which is no second announcement.
    await page.locator("button:disabled", { hasText: "Train" }).waitFor();
    expect(await page.evaluate(() => (globalThis as unknown as { alerts: number }).alerts)).toBe(1);
    await alert.getByRole("button", { name: "Start again" }).click();
    await alert.waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await ready(page);
    const step = new URLSearchParams(page.url().split("?")[1]).get("step");
    expect((await page.getByTestId("step").textContent())?.replaceAll(",", "")).toBe(step);
    await page.getByRole("button", { name: "Train" }).click();
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await untilPast(page, Number(step));
  });

  it("trains in several tabs at once, and each tells its step in its title", async () => {
    const { page } = await site.visit();
    await ready(page);
    await page.getByRole("button", { name: "Train" }).click();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await ready(other);
    await other.getByRole("button", { name: "Train" }).click();
    for (const tab of [page, other]) {
      const first = await tab.title();
      await tab.waitForFunction((title) => /^▶ step [\d,]+/.test(document.title) && document.title !== title, first);
    }
  });

  it("opens where the browser's language is none, as in a system without one", async () => {
    const { page, errors } = await site.visit({
      before: (page) =>
        page.addInitScript(() =>
          Object.defineProperty(navigator, "language", { value: "en-US@posix", configurable: true }),
        ),
    });
    await page.getByRole("heading", { level: 1, name: "Watch a network learn" }).waitFor();
    expect(errors).toEqual([]);
  });

  it("opens, changes its theme and leaves its page where the browser withholds storage", async () => {
    const { page, errors } = await site.visit({
      before: (page) =>
        page.addInitScript(() => {
          const get = () => {
            throw new DOMException("Access is denied for this document.", "SecurityError");
          };
          for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get });
        }),
    });
    await ready(page);
    await page.getByRole("button", { name: "Use the dark theme" }).click();
    await page.getByRole("button", { name: "Use the light theme" }).waitFor();
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(18, 21, 26)");
    await page.reload();
    await ready(page);
    expect(errors).toEqual([]);
  });

  it("opens an address anew in the tab that shows its page, and keeps the page's state at its own link", async () => {
    const { page } = await site.visit({ at: "playground?points=gauss&layers=2" });
    await ready(page);
    const shape = (name: string) => page.getByRole("radio", { name, checked: true }).waitFor();
    await shape("gauss");
    const gauss = page.url();
    await page.evaluate(() => {
      location.hash = "#/playground?points=moons&layers=3";
    });
    await shape("moons");
    await ready(page);
    const moons = page.url();
    await page.getByRole("link", { name: "Playground" }).click();
    await page.getByRole("link", { name: "chainrule" }).click();
    expect(page.url()).toBe(moons);
    await page.goBack();
    await shape("gauss");
    await ready(page);
    expect(page.url()).toBe(gauss);
  });

  it("leads to the page with the keyboard alone", async () => {
    const { page } = await site.visit();
    await ready(page);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
  });
});

describe("without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("says what is missing and what helps, and trains on the CPU instead", async () => {
    const { page } = await site.visit();
    const notice = page.getByRole("status").filter({ hasText: "No WebGPU here" });
    await notice.waitFor();
    expect(await notice.textContent()).toMatch(/chrome:\/\/flags|hardware acceleration/);
    await ready(page);
    const before = await page.getByTestId("fingerprint").textContent();
    await page.getByRole("button", { name: "One step forward" }).click();
    await page.getByTestId("step").getByText("1").waitFor();
    expect(await page.getByTestId("fingerprint").textContent()).not.toBe(before);
    await expectAccessible(page);
    await page.getByRole("radio", { name: "gauss" }).check({ force: true });
    await ready(page);
    await page.getByRole("button", { name: "Train" }).click();
    await page.waitForFunction(
      () => Number.parseFloat(document.querySelector("[data-testid=test-accuracy]")?.textContent ?? "") >= 97,
    );
  });
});
