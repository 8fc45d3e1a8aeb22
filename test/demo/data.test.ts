import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { button, expectAccessible, expectGoodLooks, phone, settled, trainAll, useSite } from "./browser.ts";
import { holdWorkers } from "./hold.ts";
import { csvOf, newRows } from "./model.ts";
import { MOST_SHIFT, shiftsOf, watchShifts } from "./shifts.ts";
import { tableOf } from "./tables.ts";
import { downloadFile, give, predictInPage, take, useCommandLine } from "./your-data.ts";

/** Digits of the command line's output: numbers have eight in all. */
const NUMBER_DIGITS = 5e-6;

describe("a table of one's own", () => {
  const site = useSite();
  const place = useCommandLine();

  it("trains, and its model predicts the same number in the command line", async () => {
    const { page, errors } = await site.goTo("data");
    await page.getByText("Nothing leaves this computer").waitFor();
    await page.getByText("Drop a CSV file here").waitFor();
    await expectAccessible(page);
    await give(page, "numbers.csv", tableOf("number", 1000));
    await page.getByText("Guessed from numbers with a fraction.").waitFor();
    expect(await page.getByLabel("note").isDisabled()).toBe(true);
    expect(await page.getByLabel("Column to predict").inputValue()).toBe("y");
    await trainAll(page);
    expect(Number(await page.getByTestId("r2").textContent())).toBeGreaterThan(0.98);
    await page.getByRole("img", { name: /^Predicted minus actual over the predicted number, 200 rows/ }).waitFor();
    await page.getByText("Test RMSE, 200 rows").waitFor();
    await page.locator(".loss-panel .u-over").hover();
    const caption = page.locator(".loss-panel figcaption");
    await caption.getByText(/^step [\d,]+$/).waitFor();
    expect(await caption.locator("output").allTextContents()).toEqual(
      Array(2).fill(expect.stringMatching(/^[\d.e−-]+$/)),
    );

    const made = await predictInPage(page, newRows);
    await downloadFile(page, place.path("numbers.safetensors"));
    writeFileSync(place.path("new.csv"), csvOf(newRows));
    const { stdout } = await place.run("predict", "numbers.safetensors", "new.csv");
    const [header, ...lines] = stdout.trim().split("\n");
    expect(header).toBe("y");
    expect(lines).toHaveLength(newRows.length);
    for (const [i, line] of lines.entries()) {
      const value = made[i]?.value ?? Number.NaN;
      expect(Math.abs(Number(line) - value)).toBeLessThanOrEqual(NUMBER_DIGITS * Math.abs(value));
    }
    await expectGoodLooks(page);
    expect(errors).toEqual([]);
  });

  it("stays where it is while the sample is read that the address names", async () => {
    const { page, errors } = await site.visit({ at: "data?sample=houses", context: phone, before: watchShifts });
    await page.getByText("Guessed from").waitFor();
    await settled(page);
    const { sum, largest } = await shiftsOf(page);
    expect(sum, largest.join("\n")).toBeLessThanOrEqual(MOST_SHIFT);
    expect(errors).toEqual([]);
  });

  it("that is malformed is refused with line and column, and a sample takes its place", async () => {
    const { page, errors } = await site.goTo("data");
    const alert = page.getByRole("alert");
    await give(page, "broken.csv", "a,b\n1,2\n3\n");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/line 3, column 2.*a row of 1 cell/s);
    await page.getByRole("button", { name: /^House prices/ }).click();
    await page.getByTestId("file").getByText("houses.csv").waitFor();
    await page.getByText("Guessed from").waitFor();
    expect(await alert.count()).toBe(0);
    await downloadFile(page, place.path("houses.csv"));
    expect(readFileSync(place.path("houses.csv"), "utf8").split("\n")).toHaveLength(801);
    expect(errors).toEqual([]);
  });

  it("that takes for ever to read can be cancelled, while the one before trains; of an id the page says so before", async () => {
    const { page, errors } = await site.goTo("data");
    const lines = Array.from({ length: 60 }, (_, i) => `${i % 5},${i % 3},text ${i}`);
    await take(page, "ids.csv", ["a,b,id", ...lines].join("\n"));
    // The last column is an id.
    expect(await page.getByLabel("Column to predict").inputValue()).toBe("b");
    expect(await page.getByTestId("doubt").count()).toBe(0);
    const reading = await holdWorkers(page, "table");
    await give(page, "big.csv", "a,b\n1,2\n");
    await reading.asked();
    await page.getByText("Reading big.csv …").waitFor();
    await trainAll(page);
    await button(page, "Cancel").click();
    await reading.release();
    await page.getByTestId("file").getByText("ids.csv").waitFor();
    await settled(page);
    // One that trains, and one that holds the table.
    expect(page.workers()).toHaveLength(2);
    await page.getByLabel("Column to predict").selectOption("id");
    await page.getByTestId("doubt").getByText("more than 30 classes on 60 rows").waitFor();
    await page.getByRole("link", { name: "Playground" }).click();
    await settled(page);
    expect(page.workers()).toHaveLength(1);
    expect(errors).toEqual([]);
  });
});
