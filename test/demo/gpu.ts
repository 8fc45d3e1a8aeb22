import type { Page } from "playwright";

/** Until the self-check is at its end. */
export const checked = (page: Page) => page.getByTestId("verdict").waitFor();

export const rowsOf = (page: Page) =>
  page.locator(".findings tbody tr").evaluateAll((rows) =>
    rows.map((row) => ({
      group: row.getAttribute("data-group"),
      off: row.children[3]?.textContent ?? "",
      verdict: row.children[4]?.textContent ?? "",
    })),
  );

/** What "Copy as JSON" puts on the clipboard. */
export async function copied(page: Page) {
  await page.getByRole("button", { name: "Copy as JSON" }).click();
  await page.getByText("Copied:").waitFor();
  return JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
}

export const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };
