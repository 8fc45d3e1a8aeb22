import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { button, loseGpu, trainAll, untilDone, useSite } from "./browser.ts";
import { downloadFile, give, take, type, useFolder } from "./your-data.ts";

describe("a table of one's own", () => {
  const site = useSite();
  const path = useFolder();

  it.each([
    ["a row too short", "a,b\n1,2\n3\n", /line 3, column 2.*a row of 1 cell/s],
    ["a quote that is not closed", 'a,b\n1,2\n"3,4\n', /line 3, column 1.*a quote that is never closed/s],
    ["two columns of one name", "a,a\n1,2\n", /line 1, column 2.*the name of column 1 too/s],
  ])("that is malformed, %s, is refused with line and column", async (_, text, message) => {
    const { page } = await site.goTo("data");
    await give(page, "broken.csv", text);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(message);
    // Mended, the same file is read.
    await give(page, "broken.csv", "a,b\n1,2\n2,4\n3,6\n");
    await page.getByTestId("file").getByText("broken.csv").waitFor();
    await alert.waitFor({ state: "detached" });
  });

  it("names line and column of a cell without a number in a chosen column, and in the form", async () => {
    const { page } = await site.goTo("data");
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${i === 7 ? "" : i * 2},${i / 3}`);
    await take(page, "gaps.csv", ["a,b,y", ...rows].join("\n"));
    await page.getByText("line 9: empty").waitFor();
    await page.getByLabel("b", { exact: true }).check();
    await button(page, "Train").click();
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/gaps\.csv: line 9, column 2 \("b"\).*an empty cell/s);
    await page.getByLabel("b", { exact: true }).uncheck();
    await trainAll(page);
    await page.locator(".row-form").getByLabel("a", { exact: true }).fill("x");
    await page.getByText('column 1 ("a"): got "x", expected a number.').waitFor();
  });

  it("whose training is cancelled while it is prepared ends its worker, and is read again for the next", async () => {
    const { page, errors } = await site.goTo("data");
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${i / 3}`);
    await take(page, "t.csv", ["a,y", ...rows].join("\n"));
    const seen = await page.evaluateHandle(() => {
      const { postMessage, terminate } = Worker.prototype;
      const seen = { ended: 0 };
      // One that takes for ever.
      Worker.prototype.postMessage = function (message: { method?: string }, transfer?: unknown) {
        if (message.method !== "prepare")
          return postMessage.call(this, message, transfer as StructuredSerializeOptions);
        Worker.prototype.postMessage = postMessage;
      };
      Worker.prototype.terminate = function () {
        seen.ended += 1;
        terminate.call(this);
      };
      return seen;
    });
    await button(page, "Train").click();
    await page.getByText("Making the network ready …").waitFor();
    await button(page, "Cancel").click();
    expect(await seen.evaluate(({ ended }) => ended)).toBe(1);
    await trainAll(page);
    expect(page.workers()).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  it("of very many columns shows the first ones, and others by their names", async () => {
    const { page } = await site.goTo("data");
    const names = Array.from({ length: 301 }, (_, i) => `c${i}`);
    const rows = Array.from({ length: 10 }, (_, row) => names.map((_, i) => (row * i) % 7).join(","));
    await take(page, "wide.csv", [names.join(","), ...rows].join("\n"));
    const checks = page.locator(".columns [type=checkbox]");
    await checks.first().waitFor();
    expect(await checks.count()).toBe(100);
    const target = page.getByLabel("Column to predict");
    expect([await target.inputValue(), await target.locator("option").count()]).toEqual(["c300", 101]);
    await type(page, "Epochs", "1");
    await trainAll(page);
    await page.locator(".row-form input").first().waitFor();
    expect(await page.locator(".row-form input").count()).toBe(100);
    await page.getByText("and 201 more").first().waitFor();
    await page.getByLabel("Find among 301 targets").fill("C29");
    // Those of the name, and the one that is chosen.
    expect(await target.locator("option").allTextContents()).toEqual([
      ...["c29", "c290", "c291", "c292", "c293", "c294", "c295", "c296", "c297", "c298", "c299", "c300"],
    ]);
    await page.getByLabel("Find among 301 columns", { exact: true }).fill("c299");
    expect(await checks.count()).toBe(1);
    await page.getByLabel("Find among 300 inputs").fill("c299");
    await page.locator(".row-form").getByLabel("c299", { exact: true }).fill("100");
    // What was not shown is predicted from too.
    await page.getByTestId("prediction").waitFor();
  });

  it("says what is wrong with a number or sizes that it does not take, until they are mended", async () => {
    const { page } = await site.goTo("data?sample=houses");
    await page.getByText("Guessed from").waitFor();
    const whole = "Not taken: give a whole number from 0 to 4,294,967,295.";
    for (const [name, wrong, right, message] of [
      ["Seed", "-3", "3", whole],
      ["Seed", "2.5", "4", whole],
      ["Hidden layers", "64,,32", "64,32", "Not taken: give sizes such as 64,32, or none."],
    ] as const) {
      const field = page.getByLabel(name);
      await field.fill(wrong);
      await field.press("Enter");
      await page.getByText(message).waitFor();
      expect([await field.inputValue(), await field.getAttribute("aria-invalid")]).toEqual([wrong, "true"]);
      await field.fill(right);
      await field.press("Enter");
      await page.getByText(message).waitFor({ state: "detached" });
      expect([await field.inputValue(), await field.getAttribute("aria-invalid")]).toEqual([right, null]);
    }
    await page.waitForURL((url) => /layers=64,32&seed=4$/.test(decodeURIComponent(url.href)));
  });

  it("keeps which columns are ignored, whatever their names, and forgets those that it does not have", async () => {
    const { page } = await site.goTo("data");
    await take(page, "cars.csv", '"Maker, model",a,b,y\nx,1,2,3\ny,2,1,4\nz,3,3,5\nw,4,0,6\n');
    await page.getByLabel("b", { exact: true }).uncheck();
    await page.getByRole("link", { name: "This GPU" }).click();
    await page.getByRole("heading", { level: 1, name: "This GPU" }).waitFor();
    await page.goBack();
    await page.getByTestId("file").getByText("cars.csv").waitFor();
    await page.getByText("Guessed from").waitFor();
    const checked = () =>
      page.locator(".columns input").evaluateAll((all) => all.map((one) => (one as HTMLInputElement).checked));
    expect(await checked()).toEqual([false, true, false]);
    await page.evaluate(() => {
      location.hash = "#/data?sample=houses&ignored=garden,phantom";
    });
    await page.getByTestId("file").getByText("houses.csv").waitFor();
    await type(page, "Epochs", "1");
    await trainAll(page);
    expect(await page.getByLabel("garden").isChecked()).toBe(false);
  });

  it("that is trained again has all its epochs in the configuration", async () => {
    const { page } = await site.goTo("data?sample=houses&epochs=2");
    await page.getByText("Guessed from").waitFor();
    await trainAll(page);
    await button(page, "Train").click();
    await page.getByText("Epoch 4 of 4").waitFor();
    await untilDone(page);
    await downloadFile(page, path("houses.config.json"));
    expect(JSON.parse(readFileSync(path("houses.config.json"), "utf8"))).toMatchObject({ epochs: 4 });
    await type(page, "Epochs", "100000");
    await button(page, "Train").click();
    await page.getByText("the configuration trains to its end, epoch 100,000").waitFor();
  });

  it("is said to train as soon as it does", async () => {
    const { page } = await site.goTo("data?sample=houses&epochs=100000");
    await page.getByText("Guessed from").waitFor();
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(globalThis, { seen });
      const note = () => {
        const [button, label] = [".course .primary", ".progress span"].map((one) => document.querySelector(one));
        const state = `${label?.textContent} ${button?.textContent?.trim()}`;
        if (button?.matches(":enabled") && state !== seen.at(-1)) seen.push(state);
      };
      new MutationObserver(note).observe(document.body, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      });
      note();
    });
    await button(page, "Train").click();
    await page
      .getByText(/^Epoch [1-9]/)
      .first()
      .waitFor();
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: readonly string[] }).seen);
    expect(seen.slice(0, 2)).toEqual(["Not begun Train", "Epoch 0 of 100,000 Pause"]);
    // What changes all the time is not read out.
    expect(await page.locator(".prediction").getAttribute("aria-live")).toBe("off");
    await button(page, "Pause").click();
    await button(page, "Train").waitFor();
    expect(await page.locator(".prediction").getAttribute("aria-live")).toBe("polite");
  });

  it("may have one row to test on, and names of any length", async () => {
    const { page } = await site.goTo("data");
    const name = "a".repeat(200);
    await take(page, "short.csv", `${name},b\n1,2\n2,4\n3,6\n4,8\n5,10\n`);
    const { height = 0 } = (await page.locator(".columns label").boundingBox()) ?? {};
    expect(height).toBeLessThan(50);
    await page.getByTitle(name).first().waitFor();
    await trainAll(page);
    await page.getByText("Test RMSE, 1 row", { exact: true }).waitFor();
    await page.getByText("1 row to test on", { exact: true }).waitFor();
    // Of one number there is no variance to explain.
    expect(await page.getByTestId("r2").textContent()).toBe("none");
  });

  it("may be dropped on the page", async () => {
    const { page } = await site.goTo("data");
    const transfer = await page.evaluateHandle(() => {
      const made = new DataTransfer();
      made.items.add(new File(["a,b\n1,2\n2,4\n3,6\n"], "dropped.csv", { type: "text/csv" }));
      return made;
    });
    await page.dispatchEvent(".your-data", "drop", { dataTransfer: transfer });
    const file = page.getByTestId("file").getByText("dropped.csv");
    await file.waitFor();
    await type(page, "Seed", "5");
    // It is still there after another page, by its link or Back, and after the GPU was lost.
    for (const back of [() => page.goBack(), () => page.getByRole("link", { name: "Your data" }).click()]) {
      await page.getByRole("link", { name: "This GPU" }).click();
      await file.waitFor({ state: "detached" });
      await back();
      await file.waitFor();
      expect(await page.getByLabel("Seed").inputValue()).toBe("5");
    }
    await loseGpu(page);
    await button(page, "Start again").click();
    await file.waitFor();
    expect(await page.getByLabel("Seed").inputValue()).toBe("5");
  });

  it("may be a sample, whose choices stay in the address", async () => {
    const { page } = await site.goTo("data");
    await page.getByRole("button", { name: /^House prices/ }).click();
    await page.getByText("Guessed from").waitFor();
    await downloadFile(page, path("houses.csv"));
    expect(readFileSync(path("houses.csv"), "utf8").split("\n")).toHaveLength(801);
    await page.getByLabel("garden").uncheck();
    await type(page, "Hidden layers", "16, 8");
    await page.waitForURL((url) => /sample=houses&ignored=garden&layers=16,8$/.test(decodeURIComponent(url.href)));
    await page.reload();
    await page.getByText("Guessed from").waitFor();
    expect(await page.getByLabel("garden").isChecked()).toBe(false);
    expect(await page.getByLabel("Hidden layers").inputValue()).toBe("16,8");
    await trainAll(page);
    // Longer, so that it can be paused on the way.
    await type(page, "Epochs", "100000");
    await button(page, "Train").click();
    await page.getByRole("button", { name: "Pause" }).click();
    await button(page, "Train").waitFor();
  });
});
