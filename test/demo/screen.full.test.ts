import { expect, it } from "vitest";
import { until, useSite } from "./browser.ts";
import { atRest } from "./playground.ts";

const site = useSite();

it("a canvas stays as sharp as the screen that the window is taken to, at the same size", async () => {
  const { page, errors } = await site.goTo("playground?layers=2");
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
    await until(sharpness, (all) => all.length === 2 && all.every((one) => Math.abs(one - factor) < 0.005));
  }
  expect(await sharpness()).toHaveLength(2);
  expect(errors).toEqual([]);
});
