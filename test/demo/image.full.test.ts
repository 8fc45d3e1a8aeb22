import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import { button, expectAccessible, settled, trainAll, until, untilDone, useSite, watchGpu } from "./browser.ts";
import { holdWorkers } from "./hold.ts";
import { decibels, give, keen, picture, ROUNDING, ready, saved, small, TENTH } from "./picture.ts";
import { psnrBetween, psnrOfMean } from "./pixels.ts";

/** How much of a training is done, from 0 to 1. */
const share = async (page: Page) => Number(await page.locator("progress").getAttribute("value"));

const untilShare = (page: Page, least: number) =>
  page.waitForFunction((least) => (document.querySelector("progress")?.value ?? 0) > least, least);

describe("a picture", () => {
  const site = useSite();
  const visit = async (at: string) => {
    const visitor = await site.goTo(at);
    await ready(visitor.page);
    return visitor;
  };

  it("that is pasted, and tall, fits on the screen, in its proportion", async () => {
    const { page } = await site.goTo(small);
    await give(page, "paste", "tall");
    await page.getByTestId("picture-name").getByText("tall.png").waitFor();
    await settled(page);
    const boxes = await page.locator(".image-frame").evaluateAll((all) =>
      all.map((one) => {
        const { width, height } = one.getBoundingClientRect();
        return [height / innerHeight, height / width];
      }),
    );
    expect(boxes).toHaveLength(2);
    for (const [share = 0, proportion = 0] of boxes) {
      expect(share).toBeCloseTo(0.7, 2);
      // 2 columns and 32 rows.
      expect(proportion).toBeCloseTo(32 / 2, 1);
    }
  });

  it("is drawn between its pixels too, without reading anything back", async () => {
    const { page } = await visit(small);
    await settled(page);
    const calls = await watchGpu(page);
    await page.getByText("2×", { exact: true }).click();
    await page.getByText("64×48").waitFor();
    const drawn = await saved(page);
    expect([drawn.columns, drawn.rows]).toEqual([64, 48]);
    expect(drawn.pixels.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
    expect(new Set(drawn.pixels).size).toBeGreaterThan(10);
    const { maps, draws } = await calls();
    expect(maps).toBe(0);
    expect(draws).toBeGreaterThanOrEqual(1);
  });

  it("of fine rings needs Fourier features, as the comparison shows", async () => {
    const { page } = await visit(`${keen.replace("features=32", "features=64")}&sample=rings`);
    await button(page, "Compare with plain coordinates").click();
    await page.getByTestId("plain-psnr").getByText("dB").waitFor();
    await trainAll(page);
    // Plain coordinates leave at least four times the squared error.
    expect(await decibels(page)).toBeGreaterThan((await decibels(page, "plain-psnr")) + 6);
    await settled(page);
    const [main, plain] = await Promise.all(["main", "plain"].map((name) => page.getByTestId(name).screenshot()));
    expect(main?.equals(plain ?? Buffer.alloc(0))).toBe(false);
    await page.getByLabel("Fourier features", { exact: true }).selectOption("0");
    await page.getByTestId("plain").waitFor({ state: "detached" });
    await ready(page);
    expect(await button(page, "Compare with plain coordinates").isDisabled()).toBe(true);
  });

  it("of one's own keeps the options that are changed while it is read", async () => {
    const { page, errors } = await visit(`${small}&epochs=10`);
    const reading = await holdWorkers(page, "picture");
    await give(page, "drop", "picture");
    await page.getByText("Reading picture.png …").waitFor();
    await page.getByLabel("Units of each").selectOption("64");
    await page.getByLabel("Longest side").selectOption("64");
    await page.getByText("2×", { exact: true }).click();
    await reading.release();
    await untilDone(page);
    await page.getByTestId("picture-name").getByText("picture.png").waitFor();
    const { columns, rows } = await picture(page);
    expect([columns, rows]).toEqual([64, 32]);
    expect(await page.getByLabel("Units of each").inputValue()).toBe("64");
    expect(page.url()).toMatch(/#\/image\?size=64&features=16&units=64&epochs=10&detail=2$/);
    expect(errors).toEqual([]);
  });

  it("that takes for ever to read can be cancelled, and the one before stays", async () => {
    const { page, errors } = await visit(small);
    const reading = await holdWorkers(page, "picture");
    await give(page, "drop", "picture");
    await reading.asked();
    await page.getByText("Reading picture.png …").waitFor();
    await button(page, "Cancel").click();
    await page.getByTestId("picture-name").getByText("Dusk").waitFor();
    await reading.release();
    await settled(page);
    expect(await page.getByTestId("picture-name").textContent()).toBe("Dusk");
    expect(page.workers()).toHaveLength(1);
    await trainAll(page);
    expect(errors).toEqual([]);
  });

  it.each([
    ["is cancelled", async (page: Page) => void (await button(page, "Cancel").click()), 0],
    ["gives way to a file that is no picture", (page: Page) => give(page, "drop", "text"), 1],
  ])(
    "that is the first and %s leaves the page to train the sample, whatever is changed before",
    async (_, end, alerts) => {
      for (const change of [false, true]) {
        const { page, errors } = await site.goTo("data");
        const reading = await holdWorkers(page, "picture");
        await page.evaluate((at) => location.assign(`#/${at}`), small);
        await reading.asked();
        await end(page);
        await reading.release();
        await page.getByTestId("picture-name").getByText("No picture yet").waitFor();
        await page.getByText("Not begun").waitFor();
        expect(await page.getByRole("alert").count()).toBe(alerts);
        if (change) await page.getByLabel("Units of each").selectOption("64");
        else await button(page, "Train").click();
        await page.getByTestId("picture-name").getByText("Dusk").waitFor();
        expect(await page.getByRole("alert").count()).toBe(0);
        expect(errors).toEqual([]);
      }
    },
  );

  it("that cannot be read at another size stays at its own", async () => {
    const { page } = await visit(small);
    const reading = await holdWorkers(page, "picture");
    await give(page, "drop", "text");
    await page.getByText("Reading text.png …").waitFor();
    await page.getByLabel("Longest side").selectOption("64");
    await reading.release();
    await page.getByRole("alert").getByText("no picture").waitFor();
    await page.getByTestId("picture-name").getByText("Dusk").waitFor();
    await settled(page);
    expect(await page.getByLabel("Longest side").inputValue()).toBe("32");
    expect(page.url()).toContain("size=32");
    await page.getByLabel("Longest side").selectOption("64");
    await until(
      () => picture(page),
      ({ columns }) => columns === 64,
    );
  });

  it("that is none is refused in plain words, and the one before stays", async () => {
    const { page } = await visit(small);
    const alert = page.getByRole("alert");
    for (const [kind, words] of [
      ["drawing.svg", /a drawing.*save it as PNG or JPEG/s],
      ["text", /no picture.*PNG, JPEG or WebP/s],
      ["huge", /65\.0 MiB.*at most 64\.0 MiB/s],
    ] as const) {
      await give(page, "drop", kind);
      await alert.getByText(words).waitFor();
      await page.getByTestId("picture-name").getByText("Dusk").waitFor();
    }
    await trainAll(page);
    expect(await alert.count()).toBe(0);
  });

  it("that is none does not train with the next change of an option", async () => {
    const { page } = await visit(small);
    await give(page, "drop", "text");
    await page.getByRole("alert").getByText("no picture").waitFor();
    await page.getByLabel("Units of each").selectOption("64");
    await page.waitForURL(/units=64/);
    await ready(page);
    // A training would have been asked for by now, and said to run.
    await settled(page);
    expect(await button(page, "Train").count()).toBe(1);
    expect(await share(page)).toBe(0);
  });

  it("is learned by the options that the address keeps, can be paused, and begun again", async () => {
    // 70,000 steps: more than are taken before it is paused.
    const { page } = await visit("image?features=16&units=32&batch=128&size=192&epochs=320");
    await page.getByLabel("Units of each").selectOption("64");
    await page.getByLabel("Scale σ").selectOption("2");
    await page.waitForURL(/size=192&features=16&scale=2&units=64&batch=128&epochs=320$/);
    await page.reload();
    await ready(page);
    expect(await page.getByLabel("Units of each").inputValue()).toBe("64");
    const before = await decibels(page);
    await button(page, "Train").press("Enter");
    await untilShare(page, 0.001);
    await button(page, "Pause").press("Enter");
    await button(page, "Train").waitFor();
    const at = await share(page);
    await settled(page);
    expect(await share(page)).toBe(at);
    expect(await decibels(page)).toBeGreaterThan(before);
    await button(page, "Begin again").click();
    await page.waitForFunction(() => document.querySelector("progress")?.value === 0);
    await ready(page);
  });
});

describe("a picture without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("is learned small by the CPU reference, and the page says so", async () => {
    const { page, errors } = await site.visit({ at: keen.replace("size=32", "size=128") });
    await ready(page);
    await page.getByText("the CPU reference learns it at 32×24").waitFor();
    const { pixels } = await picture(page);
    await trainAll(page);
    const after = await decibels(page);
    expect(after).toBeGreaterThan(psnrOfMean(pixels) + TENTH);
    expect(Math.abs(psnrBetween((await saved(page)).pixels, pixels) - after)).toBeLessThan(ROUNDING);
    expect(await page.getByLabel("Longest side").isDisabled()).toBe(true);
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
});
