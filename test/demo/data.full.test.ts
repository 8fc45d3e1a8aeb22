import { readFileSync, writeFileSync } from "node:fs";
import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import { Comparison, STEPS } from "../../demo/src/pages/gpu/compare.ts";
import { commandLine } from "../../src/table.ts";
import { button, expectAccessible, expectToFit, phone, settled, trainAll, useSite } from "./browser.ts";
import { controlsOf, holdWorkers } from "./hold.ts";
import { newRows, openModel } from "./model.ts";
import { tableOf } from "./tables.ts";
import { downloadFile, predictInPage, take, type, useCommandLine } from "./your-data.ts";

const bytesOf = (path: string) => Uint8Array.from(readFileSync(path));

describe("a table of classes", () => {
  const site = useSite();
  const place = useCommandLine();

  it("with text names trains, and the page shows what its model predicts", async () => {
    const { page } = await site.goTo("data");
    await take(page, "classes.csv", tableOf("class", 2000));
    await page.getByText("Guessed from 3 different texts.").waitFor();
    await type(page, "Epochs", "30");
    await trainAll(page);
    expect(Number.parseFloat((await page.getByTestId("accuracy").textContent()) ?? "")).toBeGreaterThan(95);
    const cells = (await page.locator(".confusion td").allTextContents()).map(Number);
    expect(cells.reduce((sum, one) => sum + one, 0)).toBe(400);

    const made = await predictInPage(page, newRows);
    await downloadFile(page, place.path("classes.safetensors"));
    const { description, prediction } = await openModel(bytesOf(place.path("classes.safetensors")), newRows);
    const { classes = [], probabilities = [] } = prediction;
    for (const [i, { text, value }] of made.entries()) {
      const number = classes[i] ?? Number.NaN;
      expect(text).toBe(description.classes[number]);
      // Both of float32, by sums of some sixty terms.
      expect(value).toBeCloseTo(probabilities[3 * i + number] ?? Number.NaN, 5);
    }
  });

  it("has a configuration by which the command line trains the same network", async () => {
    const { page } = await site.visit({ at: "data", context: { permissions: ["clipboard-read", "clipboard-write"] } });
    // 480 rows to train on: an epoch has as many steps as the bound of the self-check is for.
    const text = tableOf("class", 600);
    await take(page, "classes.csv", text);
    await type(page, "Batch |B|", "16");
    await type(page, "Epochs", "1");
    await trainAll(page);
    await page.getByText("Epoch 1 of 1").first().waitFor();
    await downloadFile(page, place.path("classes.safetensors"));
    await button(page, "Copy the command to train the same").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(`${commandLine} train classes.csv --config classes.config.json`);
    await downloadFile(page, place.path("classes.config.json"));
    writeFileSync(place.path("classes.csv"), text);
    const trained = await place.run(...copied.slice(`${commandLine} `.length).split(" "), "--out", "again.safetensors");
    expect(trained.stdout).toMatch(/test\s+120/);
    // The same split, scales, first weights and order of the rows.
    const [own, other] = await Promise.all(
      ["classes", "again"].map((name) => openModel(bytesOf(place.path(`${name}.safetensors`)), newRows)),
    );
    expect(own?.description).toEqual(other?.description);
    const comparison = new Comparison();
    const names = Object.keys(own?.parameters ?? {});
    expect(names).toEqual(["W1", "b1", "W2", "b2"]);
    for (const name of names) {
      comparison.add("parameters", name, STEPS, other?.parameters[name] ?? [], own?.parameters[name] ?? []);
    }
    expect(comparison.findings).toEqual([expect.objectContaining({ passed: true, values: 4 * 64 + 3 * 65 })]);
  });
});

/** Asks for a table: a sample by its title, or a file by its text. */
const ask = (page: Page, wish: { readonly sample: string } | { readonly text: string }) =>
  page.evaluate((wish) => {
    if ("sample" in wish) {
      const buttons = [...document.querySelectorAll("button")];
      buttons.find(({ textContent }) => textContent?.includes(wish.sample))?.click();
      return;
    }
    const input = document.querySelector<HTMLInputElement>("input[type=file]");
    const given = new DataTransfer();
    given.items.add(new File([wish.text], "own.csv", { type: "text/csv" }));
    if (input) input.files = given.files;
    input?.dispatchEvent(new Event("change", { bubbles: true }));
  }, wish);

/** Keeps what the page fetches from it from now on. */
async function holdFetches(page: Page) {
  const hold = await page.evaluateHandle(() => {
    const { arrayBuffer } = Response.prototype;
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const hold = {
      asked: false,
      release() {
        Response.prototype.arrayBuffer = arrayBuffer;
        go();
      },
    };
    Response.prototype.arrayBuffer = async function () {
      const bytes = await arrayBuffer.apply(this);
      hold.asked = true;
      await held;
      return bytes;
    };
    return hold;
  });
  return controlsOf(hold);
}

describe("a table of one's own", () => {
  const site = useSite();

  it("is the one that was asked for last, though another is still being read or made", async () => {
    const { page, errors } = await site.goTo("data");
    await page.getByText("Drop a CSV file here").waitFor();
    const file = page.getByTestId("file");
    const alert = page.getByRole("alert");
    const own = { text: `a,own\n${Array.from({ length: 100 }, (_, i) => `${i},${i % 7}`).join("\n")}` };
    const broken = { text: "a,a\n1,2" };
    for (const first of [own, broken]) {
      const reading = await holdWorkers(page, "table");
      await ask(page, first);
      await reading.asked();
      await ask(page, { sample: "House prices" });
      await reading.release();
      await file.getByText("houses.csv").waitFor();
      await page.getByText("Guessed from numbers with a fraction.").waitFor();
      await settled(page);
      expect([await file.textContent(), await alert.count()]).toEqual(["houses.csv", 0]);
    }
    const making = await holdFetches(page);
    await ask(page, { sample: "Handwritten digits" });
    await making.asked();
    await ask(page, own);
    await file.getByText("own.csv").waitFor();
    await making.release();
    await settled(page);
    expect(await file.textContent()).toBe("own.csv");
    expect(await page.getByLabel("Column to predict").inputValue()).toBe("own");
    // One that cannot be read leaves the one before, not one whose reading it ended.
    const reading = await holdWorkers(page, "table");
    await ask(page, { text: own.text.replace("own", "other") });
    await reading.asked();
    await ask(page, broken);
    await reading.release();
    await alert.waitFor();
    await settled(page);
    expect(await page.getByLabel("Column to predict").inputValue()).toBe("own");
    await page.getByText("Guessed from").waitFor();
    await type(page, "Epochs", "1");
    await trainAll(page);
    expect(errors).toEqual([]);
  });

  it("of many classes has no grave violation of accessibility, dark, on a phone", async () => {
    const { page } = await site.visit({ at: "data", context: phone });
    await page.getByText("Drop a CSV file here").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: /^Handwritten digits/ }).click();
    await page.getByText("Guessed from").waitFor();
    await type(page, "Epochs", "5");
    await trainAll(page);
    await page.getByTestId("prediction").waitFor();
    await expectAccessible(page);
    await expectToFit(page, 390);
    const { adapter, badge } = await page.evaluate(() => {
      const styleOf = (selector: string) => getComputedStyle(document.querySelector(selector) ?? document.body);
      const [adapter, badge] = [styleOf(".adapter"), styleOf(".badge")];
      return { adapter: [adapter.display, adapter.textOverflow], badge: badge.flexShrink };
    });
    // The text of a flex container would be cut without an ellipsis, and a badge that shrinks breaks its word.
    expect([adapter, badge]).toEqual([["block", "ellipsis"], "0"]);
  });
});

describe("a table without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("is learned by the CPU reference, and the page says so", async () => {
    const { page, errors } = await site.visit({ at: "data?sample=houses&layers=16&epochs=10" });
    await page.getByText("on the CPU reference as there is no WebGPU").waitFor();
    await page.getByText("Guessed from").waitFor();
    await trainAll(page);
    expect(Number(await page.getByTestId("r2").textContent())).toBeGreaterThan(0.7);
    await page.getByTestId("prediction").waitFor();
    expect(errors).toEqual([]);
  });
});
