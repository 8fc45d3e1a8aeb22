import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { build, preview } from "vite";
import { chooseAdapter } from "./adapter.mjs";

/**
 * `npm run screenshots [page …]`: pictures of the demo's pages at 1280 and 390 px, light and dark, into demo/screenshots.
 * Each page says how it comes to look as it should.
 *
 * @typedef {import("playwright").Page} Page
 * @type {Record<string, { at: string, prepare: (page: Page) => Promise<unknown> }>}
 */
const pages = {
  playground: {
    at: "playground?points=spiral&step=3000",
    prepare: (page) => page.getByTestId("fingerprint").waitFor({ timeout: 120_000 }),
  },
  inside: {
    at: "inside?stop=14",
    prepare: async (page) => {
      await page.locator("[data-ready]").waitFor({ timeout: 60_000 });
      await page.locator('table[data-tensor="dz1"] td').nth(1).hover();
      // All of it at once: what is off the screen has no picture of the GPU's.
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width: page.viewportSize()?.width ?? 0, height });
    },
  },
  digits: {
    at: "digits",
    prepare: async (page) => {
      await page.getByRole("button", { name: "Train" }).click();
      await page.getByText(/^done in/).waitFor({ timeout: 120_000 });
      await drawThree(page);
      await page.getByTestId("verdict").waitFor();
    },
  },
  image: {
    at: "image?compare=true&epochs=20",
    prepare: async (page) => {
      await page.getByTestId("plain-psnr").getByText("dB").waitFor({ timeout: 60_000 });
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await page.getByText(/^done in/).waitFor({ timeout: 120_000 });
    },
  },
  data: {
    at: "data?sample=houses",
    prepare: async (page) => {
      await page.getByText("Guessed from").waitFor();
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await page.getByText(/^done in/).waitFor({ timeout: 120_000 });
      await page.getByTestId("prediction").waitFor();
    },
  },
  gpu: {
    at: "gpu?seconds=6",
    prepare: async (page) => {
      await page.getByTestId("verdict").waitFor({ timeout: 120_000 });
      await page.getByRole("button", { name: /and compare$/ }).click();
      await page.getByTestId("measured-on").waitFor();
      await page.locator(".benchmark-panel .primary:enabled").waitFor({ timeout: 180_000 });
    },
  },
};

/**
 * Draws a 3 with the mouse.
 * @param {Page} page
 */
async function drawThree(page) {
  const pad = page.locator(".pad");
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  if (!box) throw new Error("screenshots: got no pad to draw on, expected one on the page of digits.");
  for (let i = 0; i <= 60; i++) {
    const upper = i <= 30;
    const angle = ((upper ? -150 + 8 * i : -90 + 8 * (i - 30)) * Math.PI) / 180;
    const x = 0.5 + (upper ? 0.18 : 0.2) * Math.cos(angle);
    const y = (upper ? 0.33 : 0.66) + 0.17 * Math.sin(angle);
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
}

const widths = [1280, 390];
const themes = /** @type {const} */ (["light", "dark"]);

const folder = fileURLToPath(new URL("../demo/screenshots/", import.meta.url));
const configFile = fileURLToPath(new URL("../demo/vite.config.ts", import.meta.url));
await mkdir(folder, { recursive: true });

const wanted = process.argv.slice(2);
const chosen = Object.entries(pages).filter(([name]) => wanted.length === 0 || wanted.includes(name));
if (chosen.length === 0) throw new Error(`screenshots: got "${wanted}", expected some of ${Object.keys(pages)}.`);

const { environment } = await chooseAdapter();
const { env, ...launch } = JSON.parse(environment.CHAINRULE_BROWSER ?? "{}");
await build({ configFile, logLevel: "warn" });
const server = await preview({ configFile, logLevel: "warn", preview: { port: 0, open: false } });
const browser = await chromium.launch({ ...launch, env: { ...process.env, ...env } });
try {
  for (const [name, { at, prepare }] of chosen) {
    for (const width of widths) {
      for (const colorScheme of themes) {
        const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, locale: "en-GB" });
        const page = await context.newPage();
        await page.goto(`${server.resolvedUrls?.local[0]}#/${at}`);
        await prepare(page);
        // The picture follows at the display's rate.
        await page.waitForTimeout(1000);
        const path = `${folder}${name}-${width}-${colorScheme}.png`;
        await page.screenshot({ path, fullPage: true });
        console.log(path);
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
}
