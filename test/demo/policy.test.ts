import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright";
import { afterAll, describe, expect, it } from "vitest";
import { settled, until, useSite } from "./browser.ts";
import { type Host, useHost } from "./host.ts";
import { askFromPage, askFromWorker, importFrom } from "./leaks.ts";

const site = useSite({ webgpu: false });
const openHost = useHost();

/** What a host was asked for, less what browsers ask for by themselves. */
const askedOf = (host: Host) =>
  new Set(host.asked.map((path) => path.slice(1)).filter((path) => path !== "favicon.ico"));

/** @returns names of all ways */
async function askFromAll(page: Page, address: string): Promise<readonly string[]> {
  const [worker] = page.workers();
  if (!worker) throw new Error("the page has no worker");
  const names = [
    await askFromPage(page, address),
    await importFrom(page, "import", address),
    await askFromWorker(worker, address),
    await importFrom(worker, "worker-import", address),
  ];
  return names.flat();
}

describe("the site's policy", () => {
  it("lets no page and no worker ask another origin in any way", async () => {
    const other = await openHost();
    const { page } = await site.visit({ at: "data" });
    await settled(page);
    await askFromAll(page, other.address);
    // Asked later than all that, and answered.
    await page.goto(`${other.address}last`);
    expect([...askedOf(other)]).toEqual(["last"]);
  });

  const folder = mkdtempSync(join(tmpdir(), "chainrule-plain-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is what stops them: a page without one is answered in every way", async () => {
    const [plain, other] = [await openHost(), await openHost()];
    writeFileSync(join(folder, "index.html"), '<!doctype html><body><script>new Worker("worker.js");</script>');
    writeFileSync(join(folder, "worker.js"), "");
    plain.publish("/", folder);
    let started: Promise<unknown> | undefined;
    const { page } = await site.visit({
      address: plain.address,
      before: (page) => {
        started = page.waitForEvent("worker");
      },
    });
    await started;
    const ways = await askFromAll(page, other.address);
    await until(
      () => page.evaluate("0").then(() => askedOf(other)),
      (asked) => ways.every((way) => asked.has(way)),
    );
  });

  it("lets no text become a script, a style or a handler", async () => {
    const { page } = await site.visit({ at: "data" });
    const refused = await page.evaluate(async () => {
      const directives: string[] = [];
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
        directives.push(effectiveDirective);
      });
      const refuses = (work: () => unknown): boolean => {
        try {
          work();
          return false;
        } catch {
          return true;
        }
      };
      const style = document.createElement("style");
      style.textContent = "body { opacity: 0.5 }";
      document.head.append(style);
      const marked = document.createElement("i");
      const thrown = {
        script: refuses(() => {
          document.createElement("script").textContent = "globalThis.ran = true";
        }),
        markup: refuses(() => {
          marked.innerHTML = "<img src=x onerror='globalThis.ran = true'>";
        }),
        handler: refuses(() => marked.setAttribute("onclick", "globalThis.ran = true")),
        worker: refuses(() => new Worker("./service-worker.js")),
      };
      marked.click();
      // Violations are told in a task of their own.
      await new Promise((resolve) => setTimeout(resolve));
      return { thrown, styles: directives.includes("style-src-elem"), ran: "ran" in globalThis };
    });
    expect(refused).toEqual({
      thrown: { script: true, markup: true, handler: true, worker: true },
      styles: true,
      ran: false,
    });
    expect(await page.evaluate(() => getComputedStyle(document.body).opacity)).toBe("1");
  });
});
