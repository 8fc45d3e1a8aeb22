import { expect, it } from "vitest";
import { useSite } from "./browser.ts";
import { atRest } from "./playground.ts";

const site = useSite();

it("a canvas stays as sharp as the screen that the window is taken to, at the same size", async () => {
  const { page, errors } = await site.visit({ at: "playground" });
  await atRest(page);
  const session = await page.context().newCDPSession(page);
  const show = (deviceScaleFactor: number) =>
    session.send("Emulation.setDeviceMetricsOverride", { width: 1280, height: 900, deviceScaleFactor, mobile: false });
  /** Pixels that the worker draws of each canvas, to a CSS pixel. */
  const sharpness = () =>
    page.evaluate(() =>
      Promise.all(
        [...document.querySelectorAll<HTMLCanvasElement>(".surface canvas, .network-panel canvas")].map(
          async (canvas) => (await createImageBitmap(canvas)).width / canvas.clientWidth,
        ),
      ),
    );
  for (const factor of [1, 2, 1.5, 1]) {
    await show(factor);
    await expect.poll(sharpness, { timeout: 10_000 }).toEqual([expect.closeTo(factor, 2), expect.closeTo(factor, 2)]);
  }
  expect(errors).toEqual([]);
});
