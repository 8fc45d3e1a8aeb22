import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import { button, expectAccessible, expectGoodLooks, phone, trainAll, untilDone, useSite, watchGpu } from "./browser.ts";
import { psnrBetween, psnrOfMean } from "./pixels.ts";

const decibels = async (page: Page, name = "psnr") =>
  Number.parseFloat((await page.getByTestId(name).textContent()) ?? "");

/** A run is ready once the untrained network was judged. */
const ready = (page: Page) => page.getByTestId("psnr").getByText("dB").waitFor({ timeout: 30_000 });

/** Pixels of the picture that is to be learned, as the page shows it. */
const picture = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".image-stage canvas");
    const image = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);
    return { columns: image?.width ?? 0, rows: image?.height ?? 0, pixels: Array.from(image?.data ?? []) };
  });

/** Pixels of the reconstruction, out of the PNG that the page gives: what its canvas holds. */
async function saved(page: Page) {
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Save as PNG").click()]);
  expect(download.suggestedFilename()).toBe("reconstruction.png");
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context?.drawImage(bitmap, 0, 0);
    const image = context?.getImageData(0, 0, bitmap.width, bitmap.height);
    return { columns: bitmap.width, rows: bitmap.height, pixels: Array.from(image?.data ?? []) };
  }, Buffer.concat(chunks).toString("base64"));
}

/** Residual a tenth of the picture's variance: the network knows nine tenths of what there is to know. */
const TENTH = 10;

/** Decibels are shown to a tenth; a PNG rounds each colour by at most half a 255th, at random, hundredths of that here. */
const ROUNDING = 0.1;

/** A network that learns little, and compiles fast. */
const small = "image?size=64&features=16&units=32";

type Given = "drop" | "paste";

/** Gives the page a file as a user does, made in the page: once there is a page to give it to, ready or not. */
const give = (
  page: Page,
  how: Given,
  kind: "picture" | "tall" | "text" | "huge" | "sized.svg" | "boxed.svg" | "bare.svg" | "broken.svg",
) =>
  page.locator("h1").evaluate(
    async (heading, [how, kind]) => {
      const draw = async () => {
        const canvas = new OffscreenCanvas(300, 150);
        const context = canvas.getContext("2d");
        if (!context) throw new Error("no canvas");
        context.fillStyle = "rgb(200 40 40)";
        context.fillRect(0, 0, 100, 150);
        context.fillStyle = "rgb(20 60 220)";
        context.fillRect(100, 0, 100, 150);
        return canvas.convertToBlob();
      };
      const content = {
        picture: draw,
        tall: () => {
          const canvas = new OffscreenCanvas(100, 2000);
          canvas.getContext("2d");
          return canvas.convertToBlob();
        },
        text: async () => "not a picture",
        huge: async () => new Uint8Array(65 * 1024 ** 2),
        "sized.svg": async () => drawing('width="40mm" height="20mm"', 151, 75.6, "#c82828"),
        "boxed.svg": async () => drawing('viewBox="0 0 8 4"', 8, 4, "#28a050"),
        "bare.svg": async () => drawing("", 300, 150, "#143cdc"),
        "broken.svg": async () => "<svg",
      };
      const drawing = (size: string, width: number, height: number, colour: string) =>
        `<svg xmlns="http://www.w3.org/2000/svg" ${size}><rect width="${width / 2}" height="${height}" fill="${colour}"/></svg>`;
      const vector = kind.endsWith(".svg");
      const type = kind === "text" ? "text/plain" : vector ? "image/svg+xml" : "image/png";
      const data = new DataTransfer();
      data.items.add(new File([await content[kind]()], vector ? kind : `${kind}.png`, { type }));
      if (how === "paste") document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
      else heading.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    },
    [how, kind] as const,
  );

/** Keeps files from being decoded from now on. @returns lets them be */
async function holdReading(page: Page): Promise<() => Promise<void>> {
  const [worker] = page.workers();
  if (!worker) throw new Error("the page has no worker");
  await worker.evaluate(() => {
    const decode = globalThis.createImageBitmap;
    const held = new Promise<void>((release) => Object.assign(globalThis, { release }));
    globalThis.createImageBitmap = (async (source: ImageBitmapSource) => {
      await held;
      return decode(source);
    }) as typeof decode;
  });
  return () => worker.evaluate(() => (globalThis as unknown as { release: () => void }).release());
}

describe("a picture", () => {
  const site = useSite();
  const visit = async (given: Parameters<typeof site.visit>[0] = {}) => {
    const visitor = await site.visit({ at: "image?size=64&epochs=20", ...given });
    await ready(visitor.page);
    return visitor;
  };

  it("is learned far better than its mean colour, and the PSNR shown is that of the pixels drawn", async () => {
    const { page, errors } = await visit();
    const { pixels } = await picture(page);
    const before = await decibels(page);
    expect(before).toBeLessThan(psnrOfMean(pixels) + 1);
    expect(Math.abs(psnrBetween((await saved(page)).pixels, pixels) - before)).toBeLessThan(ROUNDING);
    await trainAll(page);
    const after = await decibels(page);
    expect(after).toBeGreaterThan(psnrOfMean(pixels) + TENTH);
    const learned = await saved(page);
    expect([learned.columns, learned.rows]).toEqual([64, 48]);
    expect(Math.abs(psnrBetween(learned.pixels, pixels) - after)).toBeLessThan(ROUNDING);
    expect(await page.locator(".chart [role=img]").getAttribute("aria-label")).toContain(`features ${after}`);
    expect(errors).toEqual([]);
  });

  it("that is pasted, and tall, fits on the screen, in its proportion", async () => {
    const { page } = await site.visit({ at: small });
    await give(page, "paste", "tall");
    await page.getByTestId("picture-name").getByText("tall.png").waitFor();
    const boxes = await page.locator(".image-frame").evaluateAll((all) =>
      all.map((one) => {
        const { width, height } = one.getBoundingClientRect();
        return [height / innerHeight, height / width];
      }),
    );
    expect(boxes).toHaveLength(2);
    for (const [share = 0, proportion = 0] of boxes) {
      expect(share).toBeCloseTo(0.7, 2);
      // 3 columns and 64 rows.
      expect(proportion).toBeCloseTo(64 / 3, 1);
    }
  });

  it("is drawn between its pixels too, without reading anything back", async () => {
    const { page } = await visit({ at: small });
    const calls = await watchGpu(page);
    await page.getByText("2×", { exact: true }).click();
    await page.getByText("128×96").waitFor();
    const drawn = await saved(page);
    expect([drawn.columns, drawn.rows]).toEqual([128, 96]);
    expect(drawn.pixels.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
    expect(new Set(drawn.pixels).size).toBeGreaterThan(10);
    const { maps, draws } = await calls();
    expect(maps).toBe(0);
    expect(draws).toBeGreaterThanOrEqual(1);
  });

  it("of fine rings needs Fourier features, as the comparison shows", async () => {
    const { page } = await visit({ at: "image?sample=rings&size=64&epochs=20" });
    await button(page, "Compare with plain coordinates").click();
    await page.getByTestId("plain-psnr").getByText("dB").waitFor({ timeout: 30_000 });
    await trainAll(page);
    // Plain coordinates leave at least four times the squared error.
    expect(await decibels(page)).toBeGreaterThan((await decibels(page, "plain-psnr")) + 6);
    const [main, plain] = await Promise.all(["main", "plain"].map((name) => page.getByTestId(name).screenshot()));
    expect(main?.equals(plain ?? Buffer.alloc(0))).toBe(false);
    await page.getByLabel("Fourier features", { exact: true }).selectOption("0");
    await page.getByTestId("plain").waitFor({ state: "detached" });
    await ready(page);
    expect(await button(page, "Compare with plain coordinates").isDisabled()).toBe(true);
  });

  it("of one's own, dropped, is scaled, laid on white, and learned at once", async () => {
    const { page, errors } = await visit();
    await give(page, "drop", "picture");
    await page.getByTestId("picture-name").getByText("picture.png").waitFor();
    await button(page, "Pause").waitFor({ timeout: 30_000 });
    const { columns, rows, pixels } = await picture(page);
    expect([columns, rows]).toEqual([64, 32]);
    const middle = (column: number) => pixels.slice(4 * (16 * 64 + column), 4 * (16 * 64 + column) + 4);
    expect([middle(8), middle(32), middle(56)]).toEqual([
      [200, 40, 40, 255],
      [20, 60, 220, 255],
      [255, 255, 255, 255],
    ]);
    await untilDone(page);
    expect(await decibels(page)).toBeGreaterThan(psnrOfMean(pixels) + TENTH);
    await page.getByText("but not your picture").waitFor();
    expect(page.url()).toMatch(/#\/image\?size=64&epochs=20$/);
    expect(errors).toEqual([]);
  });

  it("of one's own keeps the options that are changed while it is read", async () => {
    const { page, errors } = await visit({ at: `${small}&epochs=10` });
    const read = await holdReading(page);
    await give(page, "drop", "picture");
    await page.getByText("Reading picture.png …").waitFor();
    await page.getByLabel("Units of each").selectOption("64");
    await page.getByLabel("Longest side").selectOption("96");
    await page.getByText("2×", { exact: true }).click();
    await read();
    await untilDone(page);
    await page.getByTestId("picture-name").getByText("picture.png").waitFor();
    const { columns, rows } = await picture(page);
    expect([columns, rows]).toEqual([96, 48]);
    expect(await page.getByLabel("Units of each").inputValue()).toBe("64");
    expect(page.url()).toMatch(/#\/image\?size=96&features=16&units=64&epochs=10&detail=2$/);
    expect(errors).toEqual([]);
  });

  it("that cannot be read at another size stays at its own", async () => {
    const { page } = await visit({ at: small });
    const read = await holdReading(page);
    await give(page, "drop", "text");
    await page.getByText("Reading text.png …").waitFor();
    await page.getByLabel("Longest side").selectOption("96");
    await read();
    await page.getByRole("alert").getByText("no picture").waitFor();
    await page.getByTestId("picture-name").getByText("Dusk").waitFor();
    await expect.poll(() => page.getByLabel("Longest side").inputValue()).toBe("64");
    expect(page.url()).toContain("size=64");
    await page.getByLabel("Longest side").selectOption("96");
    await expect.poll(async () => (await picture(page)).columns, { timeout: 10_000 }).toBe(96);
  });

  it("may be an SVG drawing, with a size, a box, or neither", async () => {
    const { page, errors } = await visit({ at: small });
    for (const [name, colour] of [
      ["sized.svg", [200, 40, 40, 255]],
      ["boxed.svg", [40, 160, 80, 255]],
      ["bare.svg", [20, 60, 220, 255]],
    ] as const) {
      await give(page, "drop", name);
      await page.getByTestId("picture-name").getByText(name).waitFor();
      await button(page, "Pause").waitFor();
      const { columns, rows, pixels } = await picture(page);
      const middle = (column: number) => pixels.slice(4 * (16 * 64 + column), 4 * (16 * 64 + column) + 4);
      expect([name, columns, rows, middle(16), middle(48)]).toEqual([name, 64, 32, colour, [255, 255, 255, 255]]);
    }
    expect(errors).toEqual([]);
  });

  it("that is none is refused in plain words, and the one before stays", async () => {
    const { page } = await visit({ at: small });
    const alert = page.getByRole("alert");
    for (const [kind, words] of [
      ["broken.svg", /a file of type image\/svg\+xml that cannot be decoded/],
      ["text", /no picture.*PNG, JPEG or WebP/s],
      ["huge", /65\.0 MiB.*at most 64\.0 MiB/s],
    ] as const) {
      await give(page, "drop", kind);
      await alert.getByText(words).waitFor();
      await page.getByTestId("picture-name").getByText("Dusk").waitFor();
    }
    await button(page, "Train").click();
    await button(page, "Pause").waitFor();
    await alert.waitFor({ state: "detached" });
  });

  it("that is none does not train with the next change of an option", async () => {
    const { page } = await visit({ at: small });
    await give(page, "drop", "text");
    await page.getByRole("alert").getByText("no picture").waitFor();
    await page.getByLabel("Units of each").selectOption("64");
    await page.waitForURL(/units=64/);
    await ready(page);
    await page.waitForTimeout(500);
    expect(Number(await page.locator("progress").getAttribute("value"))).toBe(0);
  });

  it("is learned by the options that the address keeps, can be paused, and begun again", async () => {
    const { page } = await visit({ at: `${small}&epochs=320` });
    const before = await decibels(page);
    await page.getByLabel("Units of each").selectOption("64");
    await page.getByLabel("Scale σ").selectOption("2");
    await expect
      .poll(() => page.url(), { timeout: 10_000 })
      .toMatch(/size=64&features=16&scale=2&units=64&epochs=320$/);
    await ready(page);
    await page.reload();
    await ready(page);
    expect(await page.getByLabel("Units of each").inputValue()).toBe("64");
    const share = async () => Number(await page.locator("progress").getAttribute("value"));
    await button(page, "Train").press("Enter");
    await page.waitForFunction(() => Number(document.querySelector("progress")?.getAttribute("value")) > 0);
    await button(page, "Pause").press("Enter");
    await button(page, "Train").waitFor();
    const at = await share();
    expect(at).toBeGreaterThan(0);
    await page.waitForTimeout(500);
    expect(await share()).toBe(at);
    expect(await decibels(page)).toBeGreaterThan(before);
    await button(page, "Begin again").click();
    await page.waitForFunction(() => Number(document.querySelector("progress")?.getAttribute("value")) === 0);
    await ready(page);
  });

  it("has no grave violation of accessibility, and fits", async () => {
    const { page } = await visit({ at: `${small}&compare=true&epochs=10`, context: phone });
    await trainAll(page);
    await give(page, "drop", "text");
    await page.getByRole("alert").waitFor();
    await expectGoodLooks(page);
  });
});

describe("a picture without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("is learned small by the CPU reference, and the page says so", async () => {
    const { page, errors } = await site.visit({ at: "image?epochs=20" });
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
