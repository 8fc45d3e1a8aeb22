import type { Page } from "playwright";
import { button } from "./browser.ts";

// What one does on the page Playground, and reads off it.

/** Training is at rest and all that follows from its step is shown. */
export const atRest = (page: Page) => page.getByTestId("fingerprint").waitFor({ timeout: 60_000 });
export const stepOf = async (page: Page) => Number((await page.getByTestId("step").textContent())?.replaceAll(",", ""));
export const accuracyOf = async (page: Page, of: "train" | "test") =>
  Number.parseFloat((await page.getByTestId(`${of}-accuracy`).textContent()) ?? "") / 100;

export const train = (page: Page) => button(page, "Train").click();

export const pause = async (page: Page) => {
  await button(page, "Pause").click();
  await atRest(page);
};

export const untilStep = (page: Page, step: number) =>
  page.waitForFunction(
    (wanted) => Number(document.querySelector("[data-testid=step]")?.textContent?.replaceAll(",", "")) >= wanted,
    step,
    { timeout: 60_000 },
  );
