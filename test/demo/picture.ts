import type { Page } from "playwright";
import { expect } from "vitest";
import { button } from "./browser.ts";

export const decibels = async (page: Page, name = "psnr") =>
  Number.parseFloat((await page.getByTestId(name).textContent()) ?? "");

/** A run is ready once the untrained network was judged. */
export const ready = (page: Page) => page.getByTestId("psnr").getByText("dB").waitFor();

/** Pixels of the picture that is to be learned, as the page shows it. */
export const picture = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".image-stage canvas");
    const image = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);
    return { columns: image?.width ?? 0, rows: image?.height ?? 0, pixels: Array.from(image?.data ?? []) };
  });

/** Pixels of the reconstruction, out of the PNG that the page gives: what its canvas holds. */
export async function saved(page: Page) {
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
export const TENTH = 10;

/** Decibels are shown to a tenth; a PNG rounds each colour by at most half a 255th, at random, hundredths of that here. */
export const ROUNDING = 0.1;

/** A network that learns little of a small picture, fast. */
export const small = "image?size=32&features=16&units=32";

/** One that learns all the same. */
export const keen = "image?size=32&features=32&units=32&rate=0.01&batch=128&epochs=20";

export type Given = "drop" | "paste";

/** Gives the page a file as a user does, made in the page: once there is a page to give it to, ready or not. */
export const give = (page: Page, how: Given, kind: "picture" | "tall" | "text" | "huge" | "drawing.svg") =>
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
        // Of twelve groups, each drawn ten times by the next: 10¹² rectangles.
        "drawing.svg": async () => {
          const uses = (group: number) => `<use href="#g${group}"/>`.repeat(10);
          const groups = Array.from({ length: 12 }, (_, i) => `<g id="g${i + 1}">${uses(i)}</g>`);
          return `<svg xmlns="http://www.w3.org/2000/svg"><g id="g0"><rect width="9" height="9"/></g>${groups.join("")}</svg>`;
        },
      };
      const vector = kind.endsWith(".svg");
      const type = kind === "text" ? "text/plain" : vector ? "image/svg+xml" : "image/png";
      const data = new DataTransfer();
      data.items.add(new File([await content[kind]()], vector ? kind : `${kind}.png`, { type }));
      if (how === "paste") document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
      else heading.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    },
    [how, kind] as const,
  );
