import { describe, expect, it } from "vitest";
import { button, settled, useSite, watchGpu } from "./browser.ts";
import { atRest, pause, stepOf, train, untilReport, untilStep } from "./playground.ts";

/** Of a picture: the surface and the network. */
const CANVASES = 2;

/**
 * Most readings of training, and most steps at the medium speed, to one picture of those that are drawn meanwhile. The longest rest
 * between two is 0.4 s: three slices of training, of some two readings each, or 40 steps. The rest is for a display that stalls.
 */
const MOST_READINGS = 60;
const MOST_STEPS = 100;

describe("the playground's pictures", () => {
  const site = useSite();

  it("are drawn while it trains, without reading anything back", async () => {
    const { page } = await site.goTo("playground?points=circle&layers=4,4");
    await atRest(page);
    await settled(page);
    const calls = await watchGpu(page);
    await train(page);
    for (let report = 0; report < 20; report++) await untilReport(page);
    const { maps, mapsOfFrames, draws } = await calls();
    await pause(page);
    // What was mapped were readings of training.
    expect(maps).toBeGreaterThan(0);
    expect(mapsOfFrames).toBe(0);
    expect(draws / CANVASES).toBeGreaterThanOrEqual(maps / MOST_READINGS);
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
    expect(draws).toBeGreaterThanOrEqual(3 * CANVASES);
    await settled(page);
    expect((await calls()).draws).toBe(draws);
  });

  it("keep up with training that is slow enough to be watched", async () => {
    const { page } = await site.goTo("playground?points=circle&layers=4,4&speed=medium");
    await atRest(page);
    await settled(page);
    const calls = await watchGpu(page);
    await train(page);
    await untilStep(page, 400);
    const { mapsOfFrames, draws } = await calls();
    const steps = await stepOf(page);
    await pause(page);
    expect(mapsOfFrames).toBe(0);
    expect(draws / CANVASES).toBeGreaterThanOrEqual(steps / MOST_STEPS);
  });
});
