import type { Page } from "playwright";
import { expect } from "vitest";
import type { Point, Stroke } from "../../demo/src/pages/digits/preprocess.ts";
import { drawings } from "./drawings.ts";

/** The page of Digits is ready once the untrained network was judged. */
export const ready = (page: Page) => page.getByTestId("accuracy").getByText("%").waitFor();

/** The share of the test images that is taken for what it is, in percent. */
export const accuracy = async (page: Page) =>
  Number.parseFloat((await page.getByTestId("accuracy").textContent()) ?? "");

export const placeOfPad = async (page: Page) => {
  const box = await page.locator(".pad").boundingBox();
  if (!box) throw new Error("no pad");
  return box;
};

async function draw(page: Page, strokes: readonly Stroke[]): Promise<void> {
  const box = await placeOfPad(page);
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

/** Draws one digit after the other, and asserts that each is taken for what it is. */
export async function expectToReadDrawings(page: Page): Promise<void> {
  for (const [digit, strokes] of drawings) {
    await draw(page, strokes);
    await page.getByTestId("verdict").getByText(String(digit)).waitFor();
    const bars = await page.getByRole("list", { name: "Probability of each digit" }).getByRole("listitem").all();
    expect(bars).toHaveLength(10);
    expect(await bars[digit]?.getAttribute("class")).toBe("best");
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByTestId("verdict").waitFor({ state: "detached" });
  }
}
