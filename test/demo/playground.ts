import type { Page } from "playwright";
import { button } from "./browser.ts";

// What one does on the page Playground, and reads off it.

/** Training is at rest and all that follows from its step is shown. */
export const atRest = (page: Page) => page.getByTestId("fingerprint").waitFor();
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
  );

/** Until training is reported again, which draws the page anew. */
export const untilReport = async (page: Page) => untilStep(page, (await stepOf(page)) + 1);

/** Until so many percent of some points are on the right side. */
export const untilAccurate = (page: Page, of: "train" | "test", percent: number) =>
  page.waitForFunction(
    ([of, percent]) =>
      Number.parseFloat(document.querySelector(`[data-testid=${of}-accuracy]`)?.textContent ?? "") >= percent,
    [of, percent] as const,
  );

/** Goes to a step by the timeline. */
export const goToStep = async (page: Page, step: number) => {
  await page.getByRole("slider", { name: "Go to an earlier step" }).fill(String(step));
  await page.waitForFunction(
    (wanted) => document.querySelector("[data-testid=step]")?.textContent?.replaceAll(",", "") === String(wanted),
    step,
  );
  await atRest(page);
};
