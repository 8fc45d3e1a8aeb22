import { gzipSync } from "node:zlib";
import type { Page, Request } from "playwright";
import { describe, expect, it } from "vitest";
import { button, expectAccessible, loseGpu, settled, until, useSite } from "./browser.ts";
import { atRest, stepOf, train, untilStep } from "./playground.ts";

/** Most bytes of script that the first load may take, compressed. */
const FIRST_LOAD = 150 * 1024;

/** Counts what is read out at once, from now on. */
async function countAlerts(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counts = { alerts: 0 };
    Object.assign(globalThis, { counts });
    new MutationObserver((changes) => {
      for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
        if (!(node instanceof Element)) continue;
        counts.alerts += Number(node.matches("[role=alert]")) + node.querySelectorAll("[role=alert]").length;
      }
    }).observe(document.body, { childList: true, subtree: true });
  });
  return () => page.evaluate(() => (globalThis as unknown as { counts: { alerts: number } }).counts.alerts);
}

describe("the site", () => {
  const site = useSite();

  it("opens below a sub-path, asks for nothing outside it, and takes at most 150 KB of script", async () => {
    const scripts = new Map<string, Promise<number>>();
    const outside: string[] = [];
    const asked = new Set<Request>();
    const { page, errors } = await site.visit({
      // What it stores for later is no part of the first load.
      context: { serviceWorkers: "block" },
      before: (page) => {
        page.on("request", (request) => {
          asked.add(request);
          if (/^http/.test(request.url()) && !request.url().startsWith(site.address)) outside.push(request.url());
        });
        for (const end of ["requestfinished", "requestfailed"] as const) {
          // @ts-expect-error The two events' overloads are not told apart.
          page.on(end, (request: Request) => asked.delete(request));
        }
        page.on("response", (response) => {
          if (!/javascript/.test(response.headers()["content-type"] ?? "")) return;
          scripts.set(
            response.url(),
            response.body().then((body) => gzipSync(body).length),
          );
        });
      },
    });
    await atRest(page);
    await until(
      () => settled(page).then(() => asked.size),
      (left) => left === 0,
    );
    expect(new URL(site.address).pathname).toBe("/pages/chainrule/");
    expect([errors, outside]).toEqual([[], []]);
    const total = (await Promise.all(scripts.values())).reduce((sum, bytes) => sum + bytes, 0);
    // The page, its chunk, the worker and its session: all were seen.
    expect(scripts.size).toBeGreaterThanOrEqual(4);
    expect(total).toBeGreaterThan(30 * 1024);
    expect(total).toBeLessThanOrEqual(FIRST_LOAD);
  });

  it("tells browsers, search engines and whoever links to it what it is, page by page", async () => {
    const { page, errors } = await site.goTo("playground?layers=2");
    const said = () =>
      page.evaluate(() => {
        const content = (meta: string) => document.querySelector<HTMLMetaElement>(`meta[${meta}]`)?.content ?? "";
        return {
          title: [document.title, content("property='og:title'")],
          description: [content("name=description"), content("property='og:description'")],
        };
      });
    const before = await said();
    expect(before.title).toEqual(Array(2).fill("Playground · chainrule"));
    await page.getByRole("link", { name: "Your data" }).click();
    await page.getByRole("heading", { level: 1, name: "Train on your own table" }).waitFor();
    const { title, description } = await said();
    expect(title).toEqual(Array(2).fill("Your data · chainrule"));
    expect(description).toEqual(Array(2).fill(expect.stringContaining("your own CSV file")));
    expect(before.description).not.toEqual(description);

    // Its bars in the colour of the page's, by the system's theme and by the one that is chosen.
    const bars = () =>
      page.evaluate(() => {
        const [light, dark] = [...document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")];
        const sample = document.createElement("p");
        sample.style.color = (matchMedia("(prefers-color-scheme: dark)").matches ? dark : light)?.content ?? "";
        const header = document.querySelector(".top");
        return [sample.style.color, header && getComputedStyle(header).backgroundColor];
      });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const [bar, header] = await bars();
      expect(bar).toBe(header);
    }
    await page.getByRole("button", { name: "Use the light theme" }).click();
    expect(await bars()).toEqual(Array(2).fill("rgb(255, 255, 255)"));

    // What the head and the manifest name is there, in the sizes that they say.
    const pictures = await page.evaluate(async () => {
      const at = (selector: string, name: string) => document.querySelector(selector)?.getAttribute(name) ?? "";
      const manifest = await (await fetch(at("link[rel=manifest]", "href"))).json();
      const sizeOf = async (src: string) => {
        const { width, height } = await createImageBitmap(await (await fetch(src)).blob());
        return `${width}x${height}`;
      };
      type Icon = { src: string; sizes: string; type: string };
      const icons: Icon[] = manifest.icons.filter(({ type }: Icon) => type === "image/png");
      return {
        preview: await sizeOf(at("meta[property='og:image']", "content")),
        touch: await sizeOf(at("link[rel=apple-touch-icon]", "href")),
        icons: await Promise.all(icons.map(async ({ src, sizes }) => [sizes, await sizeOf(src)])),
      };
    });
    expect([pictures.preview, pictures.touch]).toEqual(["1200x630", "180x180"]);
    expect(pictures.icons.length).toBeGreaterThanOrEqual(2);
    for (const [stated, real] of pictures.icons) expect(real).toBe(stated);
    expect(errors).toEqual([]);
  });

  it("leads from every page to its documentation, and to the licences of all that it loads, in workers too", async () => {
    const { page } = await site.goTo("data");
    const links = page.getByRole("list", { name: "About chainrule" }).getByRole("link");
    const texts = await links.evaluateAll((all) =>
      Promise.all(
        (all as HTMLAnchorElement[]).map(async ({ textContent, href }) => [
          textContent,
          await (await fetch(href)).text(),
        ]),
      ),
    );
    const { Documentation, Licences = "" } = Object.fromEntries(texts);
    expect(Documentation).toMatch(/^# chainrule/);
    for (const name of ["chainrule", "preact", "uplot", "@tensorflow/tfjs-core"]) {
      expect(Licences).toMatch(new RegExp(`^${name}\\b`, "m"));
    }
    expect(Licences.match(/Apache License/g)?.length).toBeGreaterThan(0);
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
      at: "playground?layers=2",
      before: (page) =>
        page.addInitScript(() => {
          const get = () => {
            throw new DOMException("Access is denied for this document.", "SecurityError");
          };
          for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get });
        }),
    });
    await atRest(page);
    await page.getByRole("button", { name: "Use the dark theme" }).click();
    await page.getByRole("button", { name: "Use the light theme" }).waitFor();
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(18, 21, 26)");
    await page.reload();
    await atRest(page);
    expect(errors).toEqual([]);
  });

  it("leads to the page with the keyboard alone", async () => {
    const { page } = await site.goTo("playground?layers=2");
    await atRest(page);
    // As of a page that was just opened.
    await page.reload();
    await atRest(page);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
  });

  it("works offline after the first load", async () => {
    const { page, errors } = await site.visit();
    // Active, it has stored all files.
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await page.context().setOffline(true);
    await page.reload();
    await atRest(page);
    expect(errors).toEqual([]);
  });

  it("announces a lost GPU, and starts again where the address says", async () => {
    const { page, errors } = await site.goTo("playground?layers=2");
    await atRest(page);
    await train(page);
    await page.waitForURL(/[?&]step=\d/);
    const alerts = await countAlerts(page);
    await loseGpu(page);
    const notice = page.locator(".notice", { hasText: "The GPU stopped" });
    const alert = notice.getByRole("alert");
    await alert.waitFor();
    // Training has ended on it, which is no second announcement, and so has what is asked of it now.
    await page.locator("button:disabled", { hasText: "Train" }).waitFor();
    await button(page, "Download the model").click();
    await settled(page);
    expect([await alerts(), await page.getByRole("alert").count()]).toEqual([1, 1]);
    // What the library said stands beside it, and is not read out.
    const details = notice.locator("details");
    expect(await details.textContent()).toContain("a device that was destroyed");
    expect(await details.evaluate((element: HTMLDetailsElement) => element.open)).toBe(false);
    expect(await alert.textContent()).not.toContain("checkpoint");

    await notice.getByRole("button", { name: "Start again" }).click();
    await alert.waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await atRest(page);
    const step = Number(new URLSearchParams(page.url().split("?")[1]).get("step"));
    expect(await stepOf(page)).toBe(step);
    await train(page);
    await untilStep(page, step + 1);
    expect(errors).toEqual([]);
  });
});

describe("without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("says what is missing and what helps, and trains on the CPU instead", async () => {
    const { page, errors } = await site.goTo("playground?layers=2");
    const notice = page.getByRole("status").filter({ hasText: "No WebGPU here" });
    await notice.waitFor();
    expect(await notice.textContent()).toMatch(/chrome:\/\/flags|hardware acceleration/);
    await atRest(page);
    const before = await page.getByTestId("fingerprint").textContent();
    await button(page, "One step forward").click();
    await untilStep(page, 1);
    await atRest(page);
    expect(await page.getByTestId("fingerprint").textContent()).not.toBe(before);
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
});
