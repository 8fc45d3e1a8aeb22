import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright";
import { afterAll, beforeAll, expect } from "vitest";
import { builtCommand } from "../node/built.ts";
import type { Row } from "./model.ts";

/** A folder of its own for the tests of a file, in which the command line runs. */
export interface Workplace {
  path(name: string): string;
  run(...args: string[]): Promise<{ stdout: string }>;
}

/** @returns with the command line that was built */
export function useCommandLine(): Workplace {
  const path = useFolder();
  return {
    path,
    run: (...args) => promisify(execFile)(process.execPath, [builtCommand, ...args], { cwd: path("") }),
  };
}

/** A folder of its own for the tests of a file. @returns the paths of files in it */
export function useFolder(): (name: string) => string {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "chainrule-demo-test-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

export async function give(page: Page, name: string, content: string): Promise<void> {
  await page.getByLabel("CSV file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
}

/** Gives a table that can be read. @returns when the page shows what there is to learn of it */
export async function take(page: Page, name: string, content: string): Promise<void> {
  await give(page, name, content);
  await page.getByTestId("file").getByText(name).waitFor();
  await page.getByText("Guessed from").waitFor();
}

/** Sets an option that is typed. */
export async function type(page: Page, label: string, text: string): Promise<void> {
  await page.getByLabel(label).fill(text);
  await page.getByLabel(label).press("Enter");
}

/** Types rows into the form. @returns what the page predicts for each, as text and as a number */
export async function predictInPage(page: Page, rows: readonly Row[]) {
  const made: { text: string; value: number }[] = [];
  for (const row of rows) {
    for (const [name, cell] of Object.entries(row))
      await page.locator(".row-form").getByLabel(name, { exact: true }).fill(cell);
    // Each cell is a prediction of its own: the last one is of the whole row.
    const prediction = page.locator(`[data-testid=prediction][data-cells="${Object.values(row)}"]`);
    made.push({
      text: (await prediction.textContent()) ?? "",
      value: Number(await prediction.getAttribute("value")),
    });
  }
  return made;
}

/** @param path where it is to lie; its name is the one that the page gives it */
export async function downloadFile(page: Page, path: string): Promise<void> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: `Download ${name}` }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(name);
  await download.saveAs(path);
}
