import type { Page } from "playwright";
import { expect, it } from "vitest";
import { trainAll, useSite } from "./browser.ts";

const site = useSite();
const at = "data?sample=houses&epochs=1&seed=1&layers=8";

const distance = (page: Page) => page.locator(".row-form").getByLabel("distance", { exact: true });

/** Types a distance. @returns what is predicted with it */
async function predictAt(page: Page, text: string): Promise<string | null> {
  await distance(page).fill(text);
  const cells = await page
    .locator(".row-form input")
    .evaluateAll((all) => (all as HTMLInputElement[]).map(({ value }) => value).join());
  return page.locator(`[data-testid=prediction][data-cells="${cells}"]`).getAttribute("value");
}

it("writes numbers as the visitor's language does, and reads them so", async () => {
  const { page, errors } = await site.visit({ at, context: { locale: "de-DE" } });
  await trainAll(page);
  await page
    .getByTestId("rmse")
    .getByText(/^\d+,\d+$/)
    .waitFor();
  const option = page.getByLabel("Learning rate η").locator("option:checked");
  expect(await option.textContent()).toBe("0,003");
  await page.getByText("Not taken").waitFor({ state: "detached" });
  await page.getByLabel("Epochs").fill("0");
  await page.getByLabel("Epochs").blur();
  await page.getByText("Not taken: give a whole number from 1 to 100.000.").waitFor();

  // The example's own, of a table that has points.
  expect(await distance(page).inputValue()).toMatch(/^\d+(,\d+)?$/);
  const [half, whole] = [await predictAt(page, "2,5"), await predictAt(page, "1 000")];
  expect(await predictAt(page, "2.5")).toBe(half);
  expect(await predictAt(page, "1000,0")).toBe(whole);
  expect(half).not.toBe(whole);
  await distance(page).fill("1.000");
  await page.getByText('("distance"): got "1.000", expected a number such as 1000 or 0,5.').waitFor();
  expect(errors).toEqual([]);
});

it("takes no comma for a point where the visitor's language has another use for it", async () => {
  const { page, errors } = await site.visit({ at });
  await trainAll(page);
  expect(await predictAt(page, "2.5")).toMatch(/^[\d.]+$/);
  for (const text of ["2,5", "1,000"]) {
    await distance(page).fill(text);
    await page.getByText(`("distance"): got "${text}", expected a number such as 1000 or 0.5.`).waitFor();
  }
  expect(errors).toEqual([]);
});
