import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkNetworks } from "../../demo/src/pages/gpu/check-networks.ts";
import { BOUND, groups } from "../../demo/src/pages/gpu/compare.ts";
import { button, expectAccessible, expectGoodLooks, settled, useSite } from "./browser.ts";
import { checked, clipboard, copied, rowsOf } from "./gpu.ts";
import { MOST_SHIFT, shiftsOf, watchShifts } from "./shifts.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

describe("This GPU", () => {
  const site = useSite();

  it("passes its check, and copies as JSON what it shows", async () => {
    const now = "2026-02-03T04:05:06.789Z";
    const { page, errors } = await site.visit({
      at: "gpu",
      context: clipboard,
      before: async (page) => {
        await page.clock.setFixedTime(now);
        await watchShifts(page);
      },
    });
    await checked(page);
    await settled(page);
    const { sum, largest } = await shiftsOf(page);
    expect(sum, largest.join("\n")).toBeLessThanOrEqual(MOST_SHIFT);
    expect(await page.getByTestId("verdict").textContent()).toBe("This GPU computes what the CPU reference does");
    const rows = await rowsOf(page);
    expect(rows.map(({ group, verdict }) => [group, verdict])).toEqual(
      [...groups, "repeated"].map((group) => [group, "passed"]),
    );

    const report = await copied(page);
    expect(report.versions).toEqual({ chainrule: version });
    expect(report.date).toBe(now);
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
    await button(page, "Copy as JSON").click();
    await page.getByText("does not let this page copy").waitFor();
    await expectAccessible(page);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download this-gpu.json" }).click(),
    ]);
    expect(JSON.parse(readFileSync(await download.path(), "utf8"))).toEqual(report);
    for (const summary of await page.locator("summary").all()) await summary.click();
    await expectGoodLooks(page);
    expect(errors).toEqual([]);
  });

  it("checks nothing before it is asked, where the address says so, and begins anew after it was left in the middle", async () => {
    for (let visit = 0; visit < 2; visit++) {
      const { page, errors } = await site.goTo("gpu?check=off");
      const verdicts = page.locator(".findings .sign");
      await page.getByTestId("adapter").waitFor();
      await settled(page);
      expect([await verdicts.count(), await page.getByTestId("verdict").count()]).toEqual([0, 0]);
      await button(page, "Check").click();
      await verdicts.first().waitFor();
      await page.getByRole("link", { name: "Your data" }).click();
      await page.getByText("Drop a CSV file here").waitFor();
      expect(errors).toEqual([]);
    }
  });
});
