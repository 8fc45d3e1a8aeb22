import { readFileSync } from "node:fs";
import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import { checkNetworks } from "../../demo/src/pages/gpu/check-networks.ts";
import { BOUND, groups } from "../../demo/src/pages/gpu/compare.ts";
import { expectAccessible, expectGoodLooks, phone, useSite, type Visitor } from "./browser.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const checked = (page: Page) => page.getByTestId("verdict").waitFor({ timeout: 110_000 });

const rowsOf = (page: Page) =>
  page.locator(".findings tbody tr").evaluateAll((rows) =>
    rows.map((row) => ({
      group: row.getAttribute("data-group"),
      off: row.children[3]?.textContent ?? "",
      verdict: row.children[4]?.textContent ?? "",
    })),
  );

async function measure(page: Page, button: RegExp): Promise<void> {
  await page.getByRole("button", { name: button }).click();
  await page.getByTestId("measured-on").waitFor();
  await page.locator(".benchmark-panel .primary:enabled").waitFor({ timeout: 110_000 });
}

/** The rows of the table of times: who, and what is said of it. */
const timesOf = (page: Page) =>
  page.locator("[data-contestant]").evaluateAll((rows) =>
    rows.map((row) => ({
      contestant: row.getAttribute("data-contestant"),
      rate: row.querySelector("strong")?.textContent ?? "",
      text: row.textContent ?? "",
    })),
  );

const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };

describe("This GPU", () => {
  const site = useSite();

  it("passes its check, and copies as JSON what it shows", async () => {
    const { page, errors } = await site.visit({ at: "gpu", context: clipboard });
    await checked(page);
    expect(await page.getByTestId("verdict").textContent()).toBe("This GPU computes what the CPU reference does");
    const rows = await rowsOf(page);
    expect(rows.map(({ group, verdict }) => [group, verdict])).toEqual(
      [...groups, "repeated"].map((group) => [group, "passed"]),
    );

    await page.getByRole("button", { name: "Copy as JSON" }).click();
    await page.getByText("Copied:").waitFor();
    const report = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    expect(report.versions).toEqual({ chainrule: version });
    expect(Math.abs(Date.now() - Date.parse(report.date))).toBeLessThan(120_000);
    expect(report.userAgent).toBe(await page.evaluate(() => navigator.userAgent));
    expect(report.gpu.name).toBe(await page.getByTestId("adapter").textContent());
    expect(report.gpu.software).toBe((await page.getByTestId("kind").textContent())?.startsWith("Software"));
    const adapter = await page.evaluate(async () => {
      const found = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
      const { vendor, architecture, device, description } = found?.info ?? {};
      return { vendor, architecture, device, description, features: [...(found?.features ?? [])].sort() };
    });
    expect(report.gpu).toMatchObject(adapter);
    const shown = await page.locator("[data-limit]").evaluateAll((cells) => cells.map((cell) => cell.textContent));
    expect(shown).toHaveLength(Object.keys(report.gpu.limits).length);
    expect(shown).toContain(report.gpu.limits.maxComputeWorkgroupsPerDimension.toLocaleString("en"));

    const { runs, complete, passed } = report.selfCheck;
    expect([complete, passed]).toEqual([true, true]);
    // Every network by both plans, and the small ones in one dispatch.
    expect(runs.length).toBeGreaterThan(2 * checkNetworks.length);
    expect(new Set(runs.map((run: { plan: string }) => run.plan)).size).toBe(3);
    for (const [i, group] of groups.entries()) {
      type Run = { findings: { group: string; difference: number }[] };
      const all = runs.flatMap(({ findings }: Run) => findings.filter((one) => one.group === group));
      const worst = Math.max(...all.map((one: { difference: number }) => one.difference));
      expect(worst).toBeLessThanOrEqual(group === "batch" ? 0 : BOUND);
      expect(rows[i]?.off).toBe(worst === 0 ? "0" : worst.toExponential(1));
    }

    // Where the browser refuses to copy, the same comes as a file.
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException("denied", "NotAllowedError"));
    });
    await page.getByRole("button", { name: "Copy as JSON" }).click();
    await page.getByText("does not let this page copy").waitFor();
    await expectAccessible(page);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download this-gpu.json" }).click(),
    ]);
    expect(JSON.parse(readFileSync(await download.path(), "utf8"))).toEqual({ ...report, date: expect.any(String) });
    expect(errors).toEqual([]);
  });

  it("finds a kernel that is wrong", async () => {
    const right = "(first / control.correction1)";
    let broken = 0;
    const { page } = await site.visit({
      at: "gpu",
      context: { serviceWorkers: "block" },
      // Adam without the correction of its first moment, in the shaders alone.
      before: (page) =>
        page.route("**/assets/*.js", async (route) => {
          const response = await route.fetch();
          const script = await response.text();
          broken += script.split(right).length - 1;
          await route.fulfill({ response, body: script.replaceAll(right, "(first)") });
        }),
    });
    await checked(page);
    expect(broken).toBeGreaterThan(0);
    expect(await page.getByTestId("verdict").textContent()).toBe("This GPU is wrong somewhere");
    const failed = (await rowsOf(page)).filter(({ verdict }) => verdict === "failed").map(({ group }) => group);
    expect(failed).toContain("parameters");
    expect(failed).not.toContain("batch");
    // The networks that Adam trains, and no others.
    const networks = await page
      .locator(".runs tbody tr")
      .evaluateAll((rows) => rows.map((row) => [row.textContent, row.querySelector(".failed") !== null]));
    expect(networks).toHaveLength(checkNetworks.length);
    for (const [text, wrong] of networks) expect([text, wrong]).toEqual([text, /Adam/.test(String(text))]);
    await expectAccessible(page);
  });

  it("times itself beside TensorFlow.js, which loads when asked for, and then again offline", async () => {
    const { page, errors } = await site.visit({ at: "gpu?seconds=1", context: clipboard });
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    const stored = () =>
      page.evaluate(async () => {
        const requests = await Promise.all((await caches.keys()).map(async (key) => (await caches.open(key)).keys()));
        return requests.flat().filter(({ url }) => /\/tfjs-(?!worker)/.test(url)).length;
      });
    await checked(page);
    expect(await stored()).toBe(0);
    await measure(page, /^Load TensorFlow\.js, \d+ KB, and compare$/);
    const times = await timesOf(page);
    expect(times.map(({ contestant }) => contestant)).toEqual(
      Array.from({ length: 3 }, () => ["chainrule", "tfjs", "reference"]).flat(),
    );
    for (const { rate, text } of times) expect([text, Number.parseFloat(rate) > 0]).toEqual([text, true]);
    const name = await page.getByTestId("adapter").textContent();
    expect(await page.getByTestId("measured-on").textContent()).toContain(`Measured on ${name}`);

    await page.getByRole("button", { name: "Copy as JSON" }).click();
    await page.getByText("Copied:").waitFor();
    const report = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    expect(report.versions.tfjs).toMatch(/^4\./);
    expect(report.benchmark.complete).toBe(true);
    for (const { timings } of report.benchmark.networks) {
      for (const { contestant, agreement, rates } of timings) {
        expect(rates).toHaveLength(5);
        if (contestant === "reference") continue;
        expect(agreement.steps).toBeGreaterThanOrEqual(5);
        expect(agreement.difference).toBeLessThanOrEqual(1e-3);
      }
    }

    expect(await stored()).toBe(1);
    await page.context().setOffline(true);
    await page.evaluate(() => history.replaceState(null, "", "#/gpu?seconds=0.2"));
    await page.reload();
    await checked(page);
    await measure(page, /^Load TensorFlow\.js/);
    for (const { rate, text } of await timesOf(page)) expect([text, Number.parseFloat(rate) > 0]).toEqual([text, true]);
    expect(errors).toEqual([]);
  });

  it("says why TensorFlow.js has no time where it does not load, and times the others", async () => {
    const { page } = await site.visit({
      at: "gpu?seconds=0.2",
      context: { ...phone, serviceWorkers: "block" },
      before: (page) => page.route(/\/tfjs-(?!worker)[^/]*\.js$/, (route) => route.abort()),
    });
    await checked(page);
    await measure(page, /and compare$/);
    for (const { contestant, rate, text } of await timesOf(page)) {
      if (contestant === "tfjs") expect(text).toMatch(/No time: .*(import|fetch|load)/i);
      else expect([text, Number.parseFloat(rate) > 0]).toEqual([text, true]);
    }
    await expectGoodLooks(page);
  });

  it("begins anew after it was left in the middle of its check, and has no grave violation of accessibility", async () => {
    const { page, errors } = await site.visit({ at: "gpu" });
    await page.locator(".findings tbody tr").first().waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Playground" }).click();
    await page.getByTestId("fingerprint").waitFor();
    await page.getByRole("link", { name: "This GPU" }).click();
    await checked(page);
    for (const summary of await page.locator("summary").all()) await summary.click();
    await expectGoodLooks(page);
    expect(errors).toEqual([]);
  });
});

describe("This GPU without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("says what is missing, checks nothing, and times the CPU reference alone", async () => {
    const { page, errors }: Visitor = await site.visit({ at: "gpu?seconds=0.5", context: clipboard });
    await page.getByRole("status").filter({ hasText: "No WebGPU here" }).waitFor();
    await page.getByText("there is nothing to check").waitFor();
    expect(await page.getByRole("heading", { name: "Self-check" }).count()).toBe(0);
    expect(await page.getByRole("button", { name: /TensorFlow/ }).count()).toBe(0);
    await measure(page, /^Measure the CPU reference$/);
    const times = await timesOf(page);
    expect(times.map(({ contestant }) => contestant)).toEqual(["reference", "reference", "reference"]);
    await page.getByRole("button", { name: "Copy as JSON" }).click();
    await page.getByText("Copied:").waitFor();
    const report = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    expect([report.gpu, report.selfCheck]).toEqual([undefined, undefined]);
    expect(report.benchmark.networks).toHaveLength(3);
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
});
