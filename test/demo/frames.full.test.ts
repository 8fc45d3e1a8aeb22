import { describe, expect, it } from "vitest";
import { button, settled, until, useSite, watchGpu } from "./browser.ts";
import { atRest, pause, train, untilReport, untilStep } from "./playground.ts";

describe("the playground's pictures", () => {
  const site = useSite();

  it("are drawn while it trains, without reading anything back", async () => {
    const { page } = await site.goTo("playground?points=circle&layers=4,4");
    await atRest(page);
    await settled(page);
    const calls = await watchGpu(page);
    await train(page);
    for (let report = 0; report < 5; report++) await untilReport(page);
    await until(calls, ({ draws }) => draws >= 10);
    await pause(page);
    const { maps, mapsOfFrames } = await calls();
    // What was mapped were reports of training.
    expect(maps).toBeGreaterThan(0);
    expect(mapsOfFrames).toBe(0);
  });

  it("follow what is shown at rest, without mapping anything, and then nothing is drawn any more", async () => {
    const { page } = await site.goTo("playground?layers=4,4");
    await atRest(page);
    await settled(page);
    const calls = await watchGpu(page);
    for (const name of ["Show input x", "Show unit 3 of layer 1", "Show the output"]) {
      await button(page, name).click();
      await settled(page);
    }
    const { maps, draws } = await calls();
    expect(maps).toBe(0);
    // Two canvases, three times.
    expect(draws).toBeGreaterThanOrEqual(6);
    await settled(page);
    expect((await calls()).draws).toBe(draws);
  });

  it("keep up with training, one for each report at least", async () => {
    const { page } = await site.goTo("playground?points=circle&layers=4,4&speed=medium");
    await atRest(page);
    const calls = await watchGpu(page);
    await train(page);
    for (let report = 1; report <= 5; report++) {
      await untilStep(page, report);
      const { draws } = await calls();
      await until(calls, (now) => now.draws > draws);
    }
    await pause(page);
  });
});
