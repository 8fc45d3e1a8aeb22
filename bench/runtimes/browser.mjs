import { writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { preview } from "vite";
import { readLaunch } from "../../tools/browser.mjs";

/**
 * One network in a page of headless Chromium: `browser.mjs OPTIONS OUT` writes what was measured to the file OUT. The
 * page is served from localhost, as WebGPU needs a secure context.
 */

const [asked = "{}", out = ""] = process.argv.slice(2);
const options = JSON.parse(asked);
const server = await preview({
  configFile: false,
  root: fileURLToPath(new URL(".", import.meta.url)),
  logLevel: "error",
  build: { outDir: fileURLToPath(new URL("../dist/page", import.meta.url)) },
  preview: { host: "localhost", port: 0 },
});
const browser = await chromium.launch(readLaunch());
const page = await browser.newPage();
page.on("console", (message) => {
  if (message.type() === "info" || message.type() === "error") console.log(`  ${message.text()}`);
});
page.on("pageerror", (error) => console.log(`  ${error.message}`));
await page.goto(server.resolvedUrls?.local[0] ?? "");
await page.waitForFunction("globalThis.measure !== undefined");
const result = await page.evaluate((given) => globalThis.measure(given), options);
await writeFile(out, JSON.stringify({ ...result, runtime: `Chromium ${browser.version()}` }));
await browser.close();
await server.close();
process.exit();
