import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import { extended, noCurve } from "../../demo/src/pages/image/curve.ts";
import { encode, frequencies } from "../../demo/src/pages/image/features.ts";
import {
  detailFor,
  detailsFor,
  finer,
  fromQuery,
  type ImageOptions,
  initialOptions,
  toQuery,
} from "../../demo/src/pages/image/options.ts";
import { targetsOf, within } from "../../demo/src/pages/image/picture.ts";
import { mseOf, psnrOf } from "../../demo/src/pages/image/psnr.ts";
import { paint, samples } from "../../demo/src/pages/image/samples.ts";
import { randomNumbers } from "../../demo/src/random.ts";
import { expectAccessible, useSite } from "./browser.ts";

/** Of two pictures' pixels, red, green, blue and alpha of 0 to 255 each, by its definition. */
function psnrBetween(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const squares = Array.from(one, (value, i) => (i % 4 === 3 ? 0 : ((value - (other[i] ?? 0)) / 255) ** 2));
  return -10 * Math.log10(squares.reduce((sum, square) => sum + square, 0) / (0.75 * one.length));
}

describe("the PSNR", () => {
  it("is 20 dB where every colour is off by a tenth, and without bound where none is", () => {
    const loss = (3 * 0.1 ** 2) / 2;
    expect(mseOf(loss)).toBeCloseTo(0.01, 15);
    expect(psnrOf(loss)).toBeCloseTo(20, 12);
    expect(psnrOf(0)).toBe(Number.POSITIVE_INFINITY);
  });

  it("follows from the loss as from the pixels", () => {
    const uniform = randomNumbers(1);
    const [o, y] = [0, 1].map(() => Array.from({ length: 300 }, uniform)) as [number[], number[]];
    const loss = o.reduce((sum, value, i) => sum + (value - (y[i] ?? 0)) ** 2 / 2, 0) / 100;
    const rgba = (values: readonly number[]) =>
      Array.from({ length: 400 }, (_, i) => (i % 4 === 3 ? 255 : 255 * (values[3 * Math.floor(i / 4) + (i % 4)] ?? 0)));
    expect(psnrOf(loss)).toBeCloseTo(psnrBetween(rgba(o), rgba(y)), 9);
  });
});

describe("Fourier features", () => {
  it("have frequencies that follow from the seed, with mean 0 and the deviation asked for", () => {
    const [count, scale] = [5000, 7];
    const b = frequencies(count, scale, 3);
    expect(frequencies(count, scale, 3)).toEqual(b);
    expect(frequencies(count, scale, 4)).not.toEqual(b);
    expect(b).toHaveLength(2 * count);
    const mean = b.reduce((sum, one) => sum + one, 0) / b.length;
    const deviation = Math.sqrt(b.reduce((sum, one) => sum + (one - mean) ** 2, 0) / b.length);
    // Five standard errors: of a mean σ/√n, of a deviation σ/√2n.
    expect(Math.abs(mean)).toBeLessThan((5 * scale) / Math.sqrt(b.length));
    expect(Math.abs(deviation - scale)).toBeLessThan((5 * scale) / Math.sqrt(2 * b.length));
  });

  it("are cos 2πBv and sin 2πBv at the pixels’ centres, on one scale for both sides", () => {
    const x = encode({ columns: 4, rows: 2 }, Float64Array.of(1, 0, 0.5, -3));
    expect(x).toHaveLength(8 * 4);
    // Column 2 of row 1: x = 2.5/4, y = 1.5/4.
    const angles = [0.625, 0.5 * 0.625 - 3 * 0.375].map((waves) => 2 * Math.PI * waves);
    const expected = [...angles.map(Math.cos), ...angles.map(Math.sin)];
    expect(Array.from(x.subarray(6 * 4, 7 * 4))).toEqual(Array.from(Float32Array.from(expected)));
  });

  it("are the coordinates from −1 to 1 where there are none", () => {
    const x = encode({ columns: 2, rows: 1 }, new Float64Array());
    expect(Array.from(x)).toEqual([-0.5, -0.5, 0.5, -0.5]);
  });

  it("of a finer grid have the pixels’ own in their middle", () => {
    const grid = { columns: 5, rows: 3 };
    const b = frequencies(4, 2, 0);
    const [coarse, fine] = [encode(grid, b), encode(finer(grid, 3), b)];
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 5; column++) {
        const at = (3 * row + 1) * 15 + 3 * column + 1;
        const own = coarse.subarray((row * 5 + column) * 8, (row * 5 + column + 1) * 8);
        // The centres may differ in the last bit of a double, times 2π and some waves.
        fine.subarray(at * 8, at * 8 + 8).forEach((value, i) => {
          expect(value).toBeCloseTo(own[i] ?? Number.NaN, 6);
        });
      }
    }
  });
});

describe("pictures", () => {
  it("are scaled into the longest side, in proportion, and never enlarged", () => {
    expect(within(4000, 3000, 128)).toEqual({ columns: 128, rows: 96 });
    expect(within(30, 90, 64)).toEqual({ columns: 21, rows: 64 });
    expect(within(20, 10, 64)).toEqual({ columns: 20, rows: 10 });
    expect(within(10000, 1, 64)).toEqual({ columns: 64, rows: 1 });
  });

  it("become red, green and blue from 0 to 1", () => {
    const pixels = Uint8ClampedArray.of(255, 0, 51, 255, 0, 255, 102, 255);
    const targets = targetsOf({ name: "two", columns: 2, rows: 1, pixels });
    expect(Array.from(targets)).toEqual(Array.from(Float32Array.of(1, 0, 0.2, 0, 1, 0.4)));
  });

  it.each(samples.map((sample) => [sample.name, sample] as const))("%s are opaque and of many colours", (_, sample) => {
    const pixels = paint(sample, { columns: 40, rows: 30 });
    const colours = new Set(Array.from({ length: 1200 }, (_, i) => pixels.slice(4 * i, 4 * i + 4).join()));
    expect(colours.size).toBeGreaterThan(200);
    expect(pixels.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
  });
});

describe("the options of the page Image", () => {
  const options: ImageOptions = {
    sample: "glass",
    size: 64,
    features: 0,
    scale: 20,
    layers: 4,
    units: 32,
    optimizer: "momentum",
    rate: 0.3,
    batch: 4096,
    epochs: 320,
    seed: 4294967295,
    detail: 4,
    compare: true,
  };

  it("come back from the address, and nonsense in it is left aside", () => {
    expect(fromQuery(new URLSearchParams(toQuery(options).toString()))).toEqual(options);
    expect(toQuery(initialOptions).toString()).toBe("");
    const nonsense = "sample=none&size=1&features=3&scale=-1&layers=0&rate=x&seed=0.5&detail=3&compare=maybe";
    expect(fromQuery(new URLSearchParams(nonsense))).toEqual(initialOptions);
  });

  it("allow only the detail whose forward pass fits into 512 MiB", () => {
    const large = { ...initialOptions, units: 256, layers: 3, detail: 4 };
    const grid = { columns: 192, rows: 192 };
    // 4 bytes of 128 inputs, three times 256 units and 3 colours: 126 MiB for a pixel each, 506 MiB for four.
    expect(detailsFor(grid, large)).toEqual([1, 2]);
    expect(detailFor(grid, large)).toBe(2);
    expect(detailFor({ columns: 64, rows: 48 }, large)).toBe(4);
  });
});

describe("the curve", () => {
  it("keeps its last point, and at most 400", () => {
    let curve = noCurve;
    for (let step = 0; step <= 5000; step++) curve = extended(curve, step, 2 * step, null);
    expect(curve.steps.length).toBeLessThanOrEqual(400);
    expect(curve.steps.at(-1)).toBe(5000);
    expect(curve.main).toEqual(curve.steps.map((step) => 2 * step));
    expect(curve.plain).toHaveLength(curve.steps.length);
  });

  it("has one point a step", () => {
    const curve = extended(extended(extended(noCurve, 0, 8, 7), 5, 20, 10), 5, 21, 11);
    expect(curve).toEqual({ steps: [0, 5], main: [8, 21], plain: [7, 11] });
  });
});

const decibels = async (page: Page, name = "psnr") =>
  Number.parseFloat((await page.getByTestId(name).textContent()) ?? "");

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** A run is ready once the untrained network was judged. */
const ready = (page: Page) => page.getByTestId("psnr").getByText("dB").waitFor({ timeout: 30_000 });

async function trainAll(page: Page): Promise<void> {
  await button(page, "Train").click();
  await untilDone(page);
}

const untilDone = (page: Page) => page.getByText(/^done in/).waitFor({ timeout: 100_000 });

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

/** What it takes to draw the best constant: its PSNR is that of the picture's own variance. */
function psnrOfMean(pixels: readonly number[]): number {
  const mean = [0, 1, 2].map(
    (channel) => pixels.reduce((sum, value, i) => sum + (i % 4 === channel ? value : 0), 0) / (pixels.length / 4),
  );
  return psnrBetween(
    pixels,
    pixels.map((value, i) => mean[i % 4] ?? value),
  );
}

/** Residual a tenth of the picture's variance: the network knows nine tenths of what there is to know. */
const TENTH = 10;

/** Decibels are shown to a tenth; a PNG rounds each colour by at most half a 255th, at random, hundredths of that here. */
const ROUNDING = 0.1;

type Given = "drop" | "paste";

/** Gives the page a file as a user does, made in the page. */
const give = (page: Page, how: Given, kind: "picture" | "text" | "huge") =>
  page.evaluate(
    async ([how, kind]) => {
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
        text: async () => "not a picture",
        huge: async () => new Uint8Array(65 * 1024 ** 2),
      };
      const type = kind === "text" ? "text/plain" : "image/png";
      const data = new DataTransfer();
      data.items.add(new File([await content[kind]()], `${kind}.png`, { type }));
      if (how === "paste") document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
      else document.querySelector("h1")?.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    },
    [how, kind] as const,
  );

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

  it("is drawn between its pixels too, without reading anything back", async () => {
    const { page } = await visit();
    const [worker] = page.workers();
    await worker?.evaluate(() => {
      const counts = { maps: 0, draws: 0 };
      Object.assign(globalThis, { counts });
      const { mapAsync } = GPUBuffer.prototype;
      const { beginRenderPass } = GPUCommandEncoder.prototype;
      GPUBuffer.prototype.mapAsync = function (...given) {
        counts.maps += 1;
        return mapAsync.apply(this, given);
      };
      GPUCommandEncoder.prototype.beginRenderPass = function (...given) {
        counts.draws += 1;
        return beginRenderPass.apply(this, given);
      };
    });
    await page.getByText("2×", { exact: true }).click();
    await page.getByText("128×96").waitFor();
    const drawn = await saved(page);
    expect([drawn.columns, drawn.rows]).toEqual([128, 96]);
    expect(drawn.pixels.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
    expect(new Set(drawn.pixels).size).toBeGreaterThan(10);
    const counts = await worker?.evaluate(() => (globalThis as unknown as { counts: Record<string, number> }).counts);
    expect(counts?.maps).toBe(0);
    expect(counts?.draws).toBeGreaterThanOrEqual(1);
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

  it.each(["drop", "paste"] as const)(
    "of one's own, by %s, is scaled, laid on white, and learned at once",
    async (how) => {
      const { page, errors } = await visit();
      await give(page, how, "picture");
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
    },
  );

  it.each([
    ["text", /no picture.*PNG, JPEG or WebP/s],
    ["huge", /65\.0 MiB.*at most 64\.0 MiB/s],
  ] as const)("that is none (%s) is refused in plain words, and the one before stays", async (kind, words) => {
    const { page } = await visit();
    await give(page, "drop", kind);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(words);
    await page.getByTestId("picture-name").getByText("Dusk").waitFor();
    await button(page, "Train").click();
    await button(page, "Pause").waitFor();
    await alert.waitFor({ state: "detached" });
  });

  it("is learned by the options that the address keeps, can be paused, and begun again", async () => {
    const { page } = await visit({ at: "image?size=64&epochs=320" });
    const before = await decibels(page);
    await page.getByLabel("Units of each").selectOption("64");
    await page.getByLabel("Scale σ").selectOption("2");
    await expect.poll(() => page.url(), { timeout: 10_000 }).toMatch(/size=64&scale=2&units=64&epochs=320$/);
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

  it.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 390],
    ["dark", 390],
  ] as const)("has no grave violation of accessibility, %s, %i px", async (colorScheme, width) => {
    const { page } = await visit({
      at: "image?size=64&compare=true&epochs=10",
      context: { colorScheme, viewport: { width, height: 844 } },
    });
    await trainAll(page);
    await give(page, "drop", "text");
    await page.getByRole("alert").waitFor();
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
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
