import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import { checkNetworks } from "../../demo/src/pages/gpu/check-networks.ts";
import { expectAccessible, expectGoodLooks, phone, useSite } from "./browser.ts";
import { checked, clipboard, copied, rowsOf } from "./gpu.ts";

/** A race is real, and as short as can be: what is asserted is what is shown, not how fast anybody is. */
const race = "gpu?check=off&seconds=0.2";

async function measure(page: Page, button: RegExp): Promise<void> {
  await page.getByRole("button", { name: button }).click();
  await page.getByTestId("measured-on").waitFor();
  await page.locator(".benchmark-panel .primary:enabled").waitFor();
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

describe("This GPU", () => {
  const site = useSite();

  it("finds a kernel that is wrong, after it was left in the middle of a check too", async () => {
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
    await page.locator(".findings .sign").first().waitFor();
    await page.getByRole("link", { name: "Your data" }).click();
    await page.getByText("Drop a CSV file here").waitFor();
    await page.getByRole("link", { name: "This GPU" }).click();
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
    const { page, errors } = await site.visit({ at: race, context: clipboard });
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    const stored = () =>
      page.evaluate(async () => {
        const requests = await Promise.all((await caches.keys()).map(async (key) => (await caches.open(key)).keys()));
        return requests.flat().filter(({ url }) => /\/tfjs-(?!worker)/.test(url)).length;
      });
    expect(await stored()).toBe(0);
    await measure(page, /^Load TensorFlow\.js, \d+ KB, and compare$/);
    const times = await timesOf(page);
    expect(times.map(({ contestant }) => contestant)).toEqual(
      Array.from({ length: 3 }, () => ["chainrule", "tfjs", "reference"]).flat(),
    );
    for (const { rate, text } of times) expect([text, Number.parseFloat(rate) > 0]).toEqual([text, true]);
    const name = await page.getByTestId("adapter").textContent();
    expect(await page.getByTestId("measured-on").textContent()).toContain(`Measured on ${name}`);

    const report = await copied(page);
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
    await page.reload();
    await measure(page, /^Load TensorFlow\.js/);
    for (const { rate, text } of await timesOf(page)) expect([text, Number.parseFloat(rate) > 0]).toEqual([text, true]);
    expect(errors).toEqual([]);
  });

  it("says why TensorFlow.js has no time where it does not load, and times the others", async () => {
    const { page } = await site.visit({
      at: race,
      context: { ...phone, serviceWorkers: "block" },
      before: (page) => page.route(/\/tfjs-(?!worker)[^/]*\.js$/, (route) => route.abort()),
    });
    await measure(page, /and compare$/);
    for (const { contestant, rate, text } of await timesOf(page)) {
      if (contestant === "tfjs") expect(text).toMatch(/No time: .*(import|fetch|load)/i);
      else expect([text, Number.parseFloat(rate) > 0]).toEqual([text, true]);
    }
    await expectGoodLooks(page);
  });

  it("has no grave violation of accessibility while it checks", async () => {
    const { page, errors } = await site.goTo("gpu");
    await page.locator(".findings .sign").first().waitFor();
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
});

describe("This GPU without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("says what is missing, checks nothing, and times the CPU reference alone", async () => {
    const { page, errors } = await site.visit({ at: "gpu?seconds=0.2", context: clipboard });
    await page.getByRole("status").filter({ hasText: "No WebGPU here" }).waitFor();
    await page.getByText("there is nothing to check").waitFor();
    expect(await page.getByRole("heading", { name: "Self-check" }).count()).toBe(0);
    expect(await page.getByRole("button", { name: /TensorFlow/ }).count()).toBe(0);
    await measure(page, /^Measure the CPU reference$/);
    const times = await timesOf(page);
    expect(times.map(({ contestant }) => contestant)).toEqual(["reference", "reference", "reference"]);
    const report = await copied(page);
    expect([report.gpu, report.selfCheck]).toEqual([undefined, undefined]);
    expect(report.benchmark.networks).toHaveLength(3);
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
});
