import type { Page } from "playwright";
import { expect, it } from "vitest";
import { useSite } from "./browser.ts";

const site = useSite();

/** Drags a file or a text over an element, and drops it. @returns whether the page took each event from the browser */
const drag = (page: Page, selector: string, what: "file" | "text") =>
  page.locator(selector).evaluate((element, what) => {
    const data = new DataTransfer();
    if (what === "file") data.items.add(new File(["a,b\n1,2\n3,5\n"], "dropped.csv", { type: "text/csv" }));
    else data.setData("text/plain", "8,8");
    return ["dragover", "drop"].map((type) => {
      const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
      return !element.dispatchEvent(event);
    });
  }, what);

it("a page that takes files takes one that is dropped beside it too, and only while it is shown", async () => {
  const { page, errors } = await site.goTo("data");
  await page.getByText("Drop a CSV file here").waitFor();
  for (const beside of ["header", "footer", "html"]) expect(await drag(page, beside, "file")).toEqual([true, true]);
  await page.getByTestId("file").getByText("dropped.csv").waitFor();
  expect(await drag(page, "[aria-label='The table']", "text")).toEqual([false, false]);
  await page.getByRole("link", { name: "Digits" }).click();
  await page.getByRole("heading", { level: 1, name: /digit/i }).waitFor();
  expect(await drag(page, "header", "file")).toEqual([false, false]);
  expect(errors).toEqual([]);
});
