import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import { button, pictureOf, settled, trainAll, until, useSite } from "./browser.ts";
import { accuracy, expectToReadDrawings, placeOfPad, ready } from "./pad.ts";

const untilAccurate = (page: Page, percent: number) =>
  until(
    () => accuracy(page),
    (found) => found >= percent,
  );

describe("digits", () => {
  const site = useSite();
  const visit = async (at: string) => {
    const visitor = await site.goTo(at);
    await ready(visitor.page);
    return visitor;
  };

  it("are learned by the options that the page begins with, and drawn ones are recognised", async () => {
    const { page, errors } = await visit("digits");
    await trainAll(page);
    expect(await accuracy(page)).toBeGreaterThanOrEqual(95);
    await expectToReadDrawings(page);
    expect(errors).toEqual([]);
  });

  it("show which are taken for which, and the worst mistakes", async () => {
    const { page } = await visit("digits?layers=none&epochs=10");
    await trainAll(page);
    const cells = await page.locator(".confusion td").allTextContents();
    const counts = cells.map(Number);
    const right = counts.filter((_, i) => i % 11 === 0).reduce((sum, one) => sum + one, 0);
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(359);
    expect(right / 359).toBeCloseTo((await accuracy(page)) / 100, 3);
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
    // 14,400 steps: many times those that it takes to learn, after which it is paused.
    const { page } = await visit("digits?layers=16&batch=16&epochs=160&seed=3");
    await button(page, "Train").press("Enter");
    await button(page, "Pause").waitFor();
    await untilAccurate(page, 60);
    await button(page, "Pause").press("Enter");
    await button(page, "Train").waitFor();
    const share = () => page.locator("progress").getAttribute("value");
    const at = await share();
    expect(Number(at)).toBeGreaterThan(0);
    await button(page, "Take a test image").press("Enter");
    const source = page.getByTestId("source");
    await source.getByText(/^Image \d+ of the set/).waitFor();
    await page.getByTestId("verdict").waitFor();
    const first = await source.textContent();
    await button(page, "Next test image").press("Enter");
    await until(
      () => source.textContent(),
      (text) => text !== first,
    );
    await settled(page);
    expect(await share()).toBe(at);
  });

  it("are drawn and looked at once a frame, however fast the pointer is", async () => {
    const { page } = await visit("digits?layers=16");
    const box = await placeOfPad(page);
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
      // In the first of them the last move is taken; what is drawn of it stands in the second.
      for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
      running = false;
      CanvasRenderingContext2D.prototype.clearRect = clearRect;
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
    const { page } = await visit("digits");
    await page.getByLabel("Hidden layers").selectOption("16");
    await page.getByLabel("Optimizer").selectOption("adam");
    await page.getByLabel("Learning rate η").selectOption("0.003");
    await page.waitForURL(/digits\?layers=16&optimizer=adam&rate=0.003$/);
    await ready(page);
    await page.reload();
    await ready(page);
    expect(await page.getByLabel("Hidden layers").inputValue()).toBe("16");
    expect(await page.getByLabel("Optimizer").inputValue()).toBe("adam");
  });
});

describe("digits without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("are learned by the CPU reference, and the page says so", async () => {
    const { page, errors } = await site.visit({ at: "digits?layers=16&epochs=10" });
    await ready(page);
    await page.getByText("on the CPU reference, as there is no WebGPU").waitFor();
    await settled(page);
    const before = await pictureOf(page, ".weights canvas");
    await trainAll(page);
    expect(await accuracy(page)).toBeGreaterThanOrEqual(85);
    await settled(page);
    expect((await pictureOf(page, ".weights canvas")).equals(before)).toBe(false);
    await button(page, "Take a test image").click();
    await page.getByTestId("verdict").waitFor();
    expect(errors).toEqual([]);
  });
});
