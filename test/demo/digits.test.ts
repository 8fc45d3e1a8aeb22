import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import type { Point, Stroke } from "../../demo/src/pages/digits/preprocess.ts";
import { expectGoodLooks, phone, pictureOf, trainAll, useSite } from "./browser.ts";
import { drawings } from "./drawings.ts";

const train = (page: Page) => page.getByRole("button", { name: "Train" }).click();

const ready = (page: Page) => page.waitForFunction(() => /%/.test(accuracyText()));

/** Runs in the page. */
declare const accuracyText: () => string;
const withHelpers = (page: Page) =>
  page.addInitScript(() => {
    Object.assign(globalThis, {
      accuracyText: () => document.querySelector("[data-testid=accuracy]")?.textContent ?? "",
    });
  });

async function untilAccurate(page: Page, percent: number): Promise<void> {
  await page.waitForFunction((least) => Number.parseFloat(accuracyText()) >= least, percent, { timeout: 100_000 });
}

async function draw(page: Page, strokes: readonly Stroke[]): Promise<void> {
  const box = await page.locator(".pad").boundingBox();
  if (!box) throw new Error("no pad");
  for (const stroke of strokes) {
    const at = ([x, y]: Point) => [box.x + x * box.width, box.y + y * box.height] as const;
    const [first, ...rest] = stroke;
    if (!first) continue;
    await page.mouse.move(...at(first));
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...at(point), { steps: 3 });
    await page.mouse.up();
  }
}

describe("digits", () => {
  const site = useSite();
  const visit = async (given: Parameters<typeof site.visit>[0] = {}) => {
    const visitor = await site.visit({ at: "digits", before: withHelpers, ...given });
    await ready(visitor.page);
    return visitor;
  };

  it("are learned to 0.95 of the test images, and drawn ones are recognised", async () => {
    const { page, errors } = await visit();
    await page.getByText("Test accuracy, 359 images").waitFor();
    await trainAll(page);
    await untilAccurate(page, 95);
    for (const [digit, strokes] of drawings) {
      await draw(page, strokes);
      await page.getByTestId("verdict").getByText(String(digit)).waitFor({ timeout: 10_000 });
      const bars = await page.getByRole("list", { name: "Probability of each digit" }).getByRole("listitem").all();
      expect(bars).toHaveLength(10);
      expect(await bars[digit]?.getAttribute("class")).toBe("best");
      await page.getByRole("button", { name: "Clear" }).click();
      await page.getByTestId("verdict").waitFor({ state: "detached" });
    }
    expect(errors).toEqual([]);
  });

  it("show which are taken for which, the worst mistakes, and the weights as they change", async () => {
    const { page } = await visit({ at: "digits?layers=none&epochs=10" });
    await page.waitForTimeout(500);
    const before = await pictureOf(page, ".weights canvas");
    await trainAll(page);
    await page.waitForTimeout(500);
    expect((await pictureOf(page, ".weights canvas")).equals(before)).toBe(false);
    const accuracy = Number.parseFloat((await page.getByTestId("accuracy").textContent()) ?? "") / 100;
    const cells = await page.locator(".confusion td").allTextContents();
    const counts = cells.map(Number);
    const right = counts.filter((_, i) => i % 11 === 0).reduce((sum, one) => sum + one, 0);
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(359);
    expect(right / 359).toBeCloseTo(accuracy, 3);
    await page.getByText(`${359 - right} in all`).waitFor();
    // A mistake that is chosen is shown, and is taken for what its caption says.
    const worst = page.locator(".mistakes button").first();
    const [, truth = "", taken = ""] =
      /A (\d) taken for a (\d)/.exec((await worst.getAttribute("aria-label")) ?? "") ?? [];
    expect(truth).not.toBe(taken);
    await worst.click();
    await page.getByText(`written as a ${truth}.`).waitFor();
    await page.getByTestId("verdict").getByText(taken).waitFor();
  });

  it("can be looked at with the keyboard alone, and pause where they are", async () => {
    const { page } = await visit({ at: "digits?epochs=160&seed=3" });
    await page.getByRole("button", { name: "Train" }).press("Enter");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await untilAccurate(page, 80);
    await page.getByRole("button", { name: "Pause" }).press("Enter");
    await page.getByRole("button", { name: "Train" }).waitFor();
    const share = () => page.locator("progress").getAttribute("value");
    const at = await share();
    expect(Number(at)).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Take a test image" }).press("Enter");
    await page
      .getByTestId("source")
      .getByText(/^Image \d+ of the set/)
      .waitFor();
    await page.getByTestId("verdict").waitFor();
    const first = await page.getByTestId("source").textContent();
    await page.getByRole("button", { name: "Next test image" }).press("Enter");
    await page.waitForFunction((text) => document.querySelector("[data-testid=source]")?.textContent !== text, first);
    expect(await share()).toBe(at);
  });

  it("are drawn and looked at once a frame, however fast the pointer is", async () => {
    const { page } = await visit();
    const box = await page.locator(".pad").boundingBox();
    if (!box) throw new Error("no pad");
    await page.mouse.move(box.x + 20, box.y + 20);
    await page.mouse.down();
    const seen = await page.evaluate(async ({ x, y }) => {
      const [pad, seen] = [document.querySelector(".pad"), { frames: 0, changes: 0, charts: 0, moves: 100 }];
      if (!pad) throw new Error("no pad");
      const observer = new MutationObserver(() => (seen.changes += 1));
      observer.observe(pad, { subtree: true, childList: true, attributeFilter: ["points"] });
      const { clearRect } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.clearRect = function (...given) {
        seen.charts += 1;
        clearRect.apply(this, given);
      };
      let running = true;
      const frame = () => {
        seen.frames += 1;
        if (running) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
      for (let i = 1; i <= seen.moves; i++) {
        const at = { pointerId: 1, clientX: x + 20 + 2 * i, clientY: y + 20 + i };
        pad.dispatchEvent(new PointerEvent("pointermove", at));
        await new Promise<void>((resolve) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve();
          port2.postMessage(undefined);
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
      running = false;
      return seen;
    }, box);
    await page.mouse.up();
    expect(seen.changes).toBeGreaterThan(0);
    expect(seen.changes).toBeLessThan(seen.moves / 2);
    expect(seen.changes).toBeLessThanOrEqual(seen.frames + 1);
    // The curves are as they were.
    expect(seen.charts).toBe(0);
    // Nothing that was drawn is lost.
    const points = (await page.locator(".pad polyline").getAttribute("points"))?.split(" ") ?? [];
    expect(points.length).toBeGreaterThan(90);
  });

  it("keep their options in the address", async () => {
    const { page } = await visit();
    await page.getByLabel("Hidden layers").selectOption("16");
    await page.getByLabel("Optimizer").selectOption("adam");
    await page.getByLabel("Learning rate η").selectOption("0.003");
    await expect.poll(() => page.url(), { timeout: 10_000 }).toMatch(/digits\?layers=16&optimizer=adam&rate=0.003$/);
    await ready(page);
    await page.reload();
    await ready(page);
    expect(await page.getByLabel("Hidden layers").inputValue()).toBe("16");
    expect(await page.getByLabel("Optimizer").inputValue()).toBe("adam");
  });

  it("have no grave violation of accessibility, and fit", async () => {
    const { page } = await visit({ at: "digits?epochs=10", context: phone });
    await trainAll(page);
    await page.getByRole("button", { name: "Take a test image" }).click();
    await page.getByTestId("verdict").waitFor();
    await expectGoodLooks(page);
  });
});

describe("digits without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("are learned by the CPU reference, and the page says so", async () => {
    const { page, errors } = await site.visit({ at: "digits?layers=16&epochs=10", before: withHelpers });
    await ready(page);
    await page.getByText("on the CPU reference, as there is no WebGPU").waitFor();
    const before = await pictureOf(page, ".weights canvas");
    await train(page);
    await untilAccurate(page, 85);
    await page.waitForTimeout(500);
    expect((await pictureOf(page, ".weights canvas")).equals(before)).toBe(false);
    await page.getByRole("button", { name: "Take a test image" }).click();
    await page.getByTestId("verdict").waitFor();
    expect(errors).toEqual([]);
  });
});
