import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomNumbers } from "../../demo/src/random.ts";
import { button, expectAccessible, expectToFit, loseGpu, trainAll, untilDone, useSite } from "./browser.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Digits of the command line's output: probabilities have six after the point, numbers eight in all. */
const PROBABILITY_DIGITS = 5e-6;
const NUMBER_DIGITS = 5e-6;

let folder: string;
/** The built command line. */
let cli: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "chainrule-demo-test-"));
  // Within the project, so that it finds the adapters' packages.
  const outDir = join(root, "node_modules/.cache/chainrule", `demo-${process.pid}`);
  await build({ root, mode: "cli", logLevel: "warn", build: { outDir } });
  cli = join(outDir, "cli.js");
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(cli, ".."), { recursive: true, force: true });
});

const command = (...args: string[]) => promisify(execFile)(process.execPath, [cli, ...args], { cwd: folder });

/** 2,000 rows of a number or a class that follows from three columns; a fourth holds text. */
function table(kind: "number" | "class"): string {
  const uniform = randomNumbers(7);
  const rows = Array.from({ length: 2000 }, (_, i) => {
    const [a, b, c] = [4 * uniform() - 2, 10 * uniform(), Math.floor(6 * uniform())];
    const value = 3 * a * a - b + 2 * c;
    const label = value > 6 ? "high" : value < 0 ? "low" : "middle, or so";
    return [a.toFixed(4), b.toFixed(3), c, `row ${i}`, kind === "number" ? value.toFixed(4) : `"${label}"`].join(",");
  });
  return ["a,b,c,note,y", ...rows].join("\n");
}

async function give(page: Page, name: string, content: string): Promise<void> {
  await page.getByLabel("CSV file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
}

/** Types rows into the form. @returns what the page predicts for each, as text and as a number */
async function predictInPage(page: Page, rows: readonly Readonly<Record<string, string>>[]) {
  const made: { text: string; value: number }[] = [];
  const prediction = page.getByTestId("prediction");
  for (const row of rows) {
    const before = await prediction.getAttribute("value");
    for (const [name, cell] of Object.entries(row))
      await page.locator(".row-form").getByLabel(name, { exact: true }).fill(cell);
    await page.waitForFunction(
      (old) => (document.querySelector("[data-testid=prediction]")?.getAttribute("value") ?? old) !== old,
      before,
    );
    // Each cell is a prediction of its own: the last one stays.
    await page.waitForTimeout(1000);
    made.push({
      text: (await prediction.textContent()) ?? "",
      value: Number(await prediction.getAttribute("value")),
    });
  }
  return made;
}

async function downloadFile(page: Page, name: string): Promise<void> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: `Download ${name}` }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(name);
  await download.saveAs(join(folder, name));
}

const newRows = [
  { a: "1.5", b: "2.25", c: "3" },
  { a: "-0.75", b: "9.5", c: "0" },
  { a: "0.1", b: "4", c: "5" },
];

const csvOf = (rows: readonly Readonly<Record<string, string>>[]) =>
  [Object.keys(rows[0] ?? {}).join(","), ...rows.map((row) => Object.values(row).join(","))].join("\n");

describe("a table of one's own", () => {
  const site = useSite();

  it("of 2,000 rows trains, and its model predicts the same number in the command line", async () => {
    const { page, errors } = await site.visit({ at: "data" });
    await page.getByText("Nothing leaves this computer").waitFor();
    await give(page, "numbers.csv", table("number"));
    await page.getByText("Guessed from numbers with a fraction.").waitFor();
    expect(await page.getByLabel("note").isDisabled()).toBe(true);
    expect(await page.getByLabel("Column to predict").inputValue()).toBe("y");
    await trainAll(page);
    expect(Number(await page.getByTestId("r2").textContent())).toBeGreaterThan(0.98);
    await page.getByRole("img", { name: /^Predicted minus actual over the predicted number, 400 rows/ }).waitFor();
    await page.getByText("Test RMSE, 400 rows").waitFor();
    await page.locator(".loss-panel .u-over").hover();
    await page
      .locator(".loss-panel figcaption")
      .getByText(/^step [\d,]+$/)
      .waitFor();
    expect(await page.locator(".loss-panel figcaption output").allTextContents()).toEqual(
      Array(2).fill(expect.stringMatching(/^[\d.e−-]+$/)),
    );

    const made = await predictInPage(page, newRows);
    await downloadFile(page, "numbers.safetensors");
    writeFileSync(join(folder, "new.csv"), csvOf(newRows));
    const { stdout } = await command("predict", "numbers.safetensors", "new.csv");
    const [header, ...lines] = stdout.trim().split("\n");
    expect(header).toBe("y");
    expect(lines).toHaveLength(newRows.length);
    for (const [i, line] of lines.entries()) {
      const value = made[i]?.value ?? Number.NaN;
      expect(Math.abs(Number(line) - value)).toBeLessThanOrEqual(NUMBER_DIGITS * Math.abs(value));
    }
    expect(errors).toEqual([]);
  });

  it("of classes with text names trains, and its model and its configuration give the same", async () => {
    const { page } = await site.visit({ at: "data", context: { permissions: ["clipboard-read", "clipboard-write"] } });
    const text = table("class");
    await give(page, "classes.csv", text);
    await page.getByText("Guessed from 3 different texts.").waitFor();
    await page.getByLabel("Epochs").fill("30");
    await page.getByLabel("Epochs").press("Enter");
    await trainAll(page);
    expect(Number.parseFloat((await page.getByTestId("accuracy").textContent()) ?? "")).toBeGreaterThan(95);
    const cells = (await page.locator(".confusion td").allTextContents()).map(Number);
    expect(cells.reduce((sum, one) => sum + one, 0)).toBe(400);

    const made = await predictInPage(page, newRows);
    await downloadFile(page, "classes.safetensors");
    writeFileSync(join(folder, "new.csv"), csvOf(newRows));
    const { stdout } = await command("predict", "classes.safetensors", "new.csv");
    const lines = stdout.trim().split("\n").slice(1);
    expect(lines).toHaveLength(newRows.length);
    for (const [i, line] of lines.entries()) {
      const [, name, probability] = /^"?(.*?)"?,([\d.]+)$/.exec(line) ?? [];
      expect(made[i]?.text).toBe(name);
      expect(Math.abs(Number(probability) - (made[i]?.value ?? Number.NaN))).toBeLessThanOrEqual(PROBABILITY_DIGITS);
    }

    await page.getByRole("button", { name: "Copy the command to train the same" }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe("npx chainrule train classes.csv --config classes.config.json");
    await downloadFile(page, "classes.config.json");
    writeFileSync(join(folder, "classes.csv"), text);
    const words = copied.split(" ").slice(2);
    const trained = await command(...words, "--out", "again.safetensors");
    // The same split, weights and order of the rows: the same score on the rows to test on.
    const accuracy = await page.getByTestId("accuracy").textContent();
    expect(trained.stdout).toMatch(/test\s+400/);
    const ownTest = /test\s+400\s+\S+\s+([\d.]+) ?%?/.exec(trained.stdout)?.[1];
    expect(Math.abs(Number(ownTest) - Number.parseFloat(accuracy ?? ""))).toBeLessThanOrEqual(1);
    expect(readFileSync(join(folder, "again.safetensors")).length).toBe(
      readFileSync(join(folder, "classes.safetensors")).length,
    );
  });

  it("is the one that was asked for last, though another is still being read or made", async () => {
    const { page, errors } = await site.visit({ at: "data" });
    await page.getByText("Drop a CSV file here").waitFor();
    /** Asks for two tables, the second as soon as the first is under way: a sample by its title, or a file by its text. */
    const ask = (...wishes: readonly ({ readonly sample: string } | { readonly text: string })[]) =>
      page.evaluate(async (wishes) => {
        for (const wish of wishes) {
          if ("sample" in wish) {
            const buttons = [...document.querySelectorAll("button")];
            buttons.find(({ textContent }) => textContent?.includes(wish.sample))?.click();
          } else {
            const input = document.querySelector<HTMLInputElement>("input[type=file]");
            const given = new DataTransfer();
            given.items.add(new File([wish.text], "own.csv", { type: "text/csv" }));
            if (input) input.files = given.files;
            input?.dispatchEvent(new Event("change", { bubbles: true }));
          }
          await new Promise((resolve) => setTimeout(resolve));
        }
      }, wishes);
    const file = page.getByTestId("file");
    const alert = page.getByRole("alert");
    const own = { text: `a,own\n${Array.from({ length: 20_000 }, (_, i) => `${i},${i % 7}`).join("\n")}` };
    const broken = { text: "a,a\n1,2" };
    for (const first of [own, broken]) {
      await ask(first, { sample: "House prices" });
      await file.getByText("houses.csv").waitFor();
      await page.getByText("Guessed from numbers with a fraction.").waitFor();
      await page.waitForTimeout(500);
      expect(await alert.count()).toBe(0);
    }
    await ask({ sample: "Handwritten digits" }, own);
    await file.getByText("own.csv").waitFor();
    await page.waitForTimeout(1000);
    expect(await file.textContent()).toBe("own.csv");
    expect(await page.getByLabel("Column to predict").inputValue()).toBe("own");
    // One that cannot be read leaves the one before, which the worker has.
    await ask({ text: own.text.replace("own", "other") }, broken);
    await alert.waitFor();
    expect(await page.getByLabel("Column to predict").inputValue()).toBe("other");
    await page.getByText("Guessed from").waitFor();
    await page.getByLabel("Epochs").fill("1");
    await page.getByLabel("Epochs").press("Enter");
    await trainAll(page);
    expect(errors).toEqual([]);
  });

  it.each([
    ["a row too short", "a,b\n1,2\n3\n", /line 3, column 2.*a row of 1 cell/s],
    ["a quote that is not closed", 'a,b\n1,2\n"3,4\n', /line 3, column 1.*a quote that is never closed/s],
    ["two columns of one name", "a,a\n1,2\n", /line 1, column 2.*the name of column 1 too/s],
  ])("that is malformed, %s, is refused with line and column", async (_, text, message) => {
    const { page } = await site.visit({ at: "data" });
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
    const { page } = await site.visit({ at: "data" });
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${i === 7 ? "" : i * 2},${i / 3}`);
    await give(page, "gaps.csv", ["a,b,y", ...rows].join("\n"));
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

  it("of very many columns shows the first ones, and all when asked", async () => {
    const { page } = await site.visit({ at: "data" });
    const names = Array.from({ length: 301 }, (_, i) => `c${i}`);
    const rows = Array.from({ length: 10 }, (_, row) => names.map((_, i) => (row * i) % 7).join(","));
    await give(page, "wide.csv", [names.join(","), ...rows].join("\n"));
    const checks = page.locator(".columns input");
    await checks.first().waitFor();
    expect(await checks.count()).toBe(100);
    const target = page.getByLabel("Column to predict");
    expect([await target.inputValue(), await target.locator("option").count()]).toEqual(["c300", 101]);
    await page.getByLabel("Epochs").fill("1");
    await page.getByLabel("Epochs").press("Enter");
    await trainAll(page);
    await page.locator(".row-form input").first().waitFor();
    expect(await page.locator(".row-form input").count()).toBe(100);
    await button(page, "Show all 301 columns").click();
    await button(page, "Show all 301 columns to choose from").click();
    expect(await target.locator("option").count()).toBe(301);
    await button(page, "Show all 300 inputs").click();
    expect([await checks.count(), await page.locator(".row-form input").count()]).toEqual([300, 300]);
    // What was not shown is predicted from too.
    await page.getByTestId("prediction").waitFor();
  });

  it("says what is wrong with a number or sizes that it does not take, until they are mended", async () => {
    const { page } = await site.visit({ at: "data?sample=houses" });
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
    await expect.poll(() => decodeURIComponent(page.url())).toMatch(/layers=64,32&seed=4$/);
  });

  it("keeps which columns are ignored, whatever their names, and forgets those that it does not have", async () => {
    const { page } = await site.visit({ at: "data" });
    await give(page, "cars.csv", '"Maker, model",a,b,y\nx,1,2,3\ny,2,1,4\nz,3,3,5\nw,4,0,6\n');
    await page.getByLabel("b", { exact: true }).uncheck();
    await page.getByRole("link", { name: "This GPU" }).click();
    await page.goBack();
    await page.getByText("Guessed from").waitFor();
    const checked = () =>
      page.locator(".columns input").evaluateAll((all) => all.map((one) => (one as HTMLInputElement).checked));
    expect(await checked()).toEqual([false, true, false]);
    await page.evaluate(() => {
      location.hash = "#/data?sample=houses&ignored=garden,phantom";
    });
    await page.getByTestId("file").getByText("houses.csv").waitFor();
    await page.getByLabel("Epochs").fill("1");
    await page.getByLabel("Epochs").press("Enter");
    await trainAll(page);
    expect(await page.getByLabel("garden").isChecked()).toBe(false);
  });

  it("that is trained again has all its epochs in the configuration", async () => {
    const { page } = await site.visit({ at: "data?sample=houses&epochs=2" });
    await page.getByText("Guessed from").waitFor();
    await trainAll(page);
    await button(page, "Train").click();
    await page.getByText("Epoch 4 of 4").waitFor();
    await untilDone(page);
    await downloadFile(page, "houses.config.json");
    expect(JSON.parse(readFileSync(join(folder, "houses.config.json"), "utf8"))).toMatchObject({ epochs: 4 });
    await page.getByLabel("Epochs").fill("100000");
    await page.getByLabel("Epochs").press("Enter");
    await button(page, "Train").click();
    await page.getByText("the configuration trains to its end, epoch 100,000").waitFor();
  });

  it("is said to train as soon as it does", async () => {
    const { page } = await site.visit({ at: "data?sample=houses&epochs=500" });
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
    expect(seen.slice(0, 2)).toEqual(["Not begun Train", "Epoch 0 of 500 Pause"]);
    // What changes all the time is not read out.
    expect(await page.locator(".prediction").getAttribute("aria-live")).toBe("off");
    await button(page, "Pause").click();
    await button(page, "Train").waitFor();
    expect(await page.locator(".prediction").getAttribute("aria-live")).toBe("polite");
  });

  it("may have one row to test on, and names of any length", async () => {
    const { page } = await site.visit({ at: "data" });
    const name = "a".repeat(200);
    await give(page, "short.csv", `${name},b\n1,2\n2,4\n3,6\n4,8\n5,10\n`);
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
    const { page } = await site.visit({ at: "data" });
    const transfer = await page.evaluateHandle(() => {
      const made = new DataTransfer();
      made.items.add(new File(["a,b\n1,2\n2,4\n3,6\n"], "dropped.csv", { type: "text/csv" }));
      return made;
    });
    await page.dispatchEvent(".your-data", "drop", { dataTransfer: transfer });
    const file = page.getByTestId("file").getByText("dropped.csv");
    await file.waitFor();
    await page.getByLabel("Seed").fill("5");
    await page.getByLabel("Seed").press("Enter");
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
    const { page } = await site.visit({ at: "data" });
    await page.getByRole("button", { name: /^House prices/ }).click();
    await page.getByText("Guessed from").waitFor();
    await downloadFile(page, "houses.csv");
    expect(readFileSync(join(folder, "houses.csv"), "utf8").split("\n")).toHaveLength(801);
    await page.getByLabel("garden").uncheck();
    await page.getByLabel("Hidden layers").fill("16, 8");
    await page.getByLabel("Hidden layers").press("Enter");
    await expect
      .poll(() => decodeURIComponent(page.url()), { timeout: 10_000 })
      .toMatch(/sample=houses&ignored=garden&layers=16,8$/);
    await page.reload();
    await page.getByText("Guessed from").waitFor();
    expect(await page.getByLabel("garden").isChecked()).toBe(false);
    expect(await page.getByLabel("Hidden layers").inputValue()).toBe("16,8");
    await trainAll(page);
    // Longer, so that it can be paused on the way.
    await page.getByLabel("Epochs").fill("5000");
    await page.getByLabel("Epochs").press("Enter");
    await button(page, "Train").click();
    await page.getByRole("button", { name: "Pause" }).click();
    await button(page, "Train").waitFor();
  });

  it.each([
    ["light", 1280, "houses"],
    ["dark", 390, "digits"],
  ] as const)("has no grave violation of accessibility, %s, %i px, %s", async (colorScheme, width, sample) => {
    const { page } = await site.visit({
      at: "data",
      context: { colorScheme, viewport: { width, height: 844 } },
    });
    await page.getByText("Drop a CSV file here").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: sample === "houses" ? /^House prices/ : /^Handwritten digits/ }).click();
    await page.getByText("Guessed from").waitFor();
    await page.getByLabel("Epochs").fill("5");
    await page.getByLabel("Epochs").press("Enter");
    await trainAll(page);
    await page.getByTestId("prediction").waitFor();
    await expectAccessible(page);
    await expectToFit(page, width);
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
