import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { build, preview } from "vite";
import { chooseAdapter } from "./adapter.mjs";
import { readLaunch } from "./browser.mjs";

/**
 * `npm run screenshots [page …]`: pictures of the demo's pages at 1280 and 390 px, light and dark, into demo/screenshots.
 * Each page says how it comes to look as it should. `preview` and `icons` make those of demo/public.
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

const published = fileURLToPath(new URL("../demo/public/", import.meta.url));

/**
 * What others show where they link to the site.
 * @param {import("playwright").Browser} browser
 * @param {string | undefined} address
 */
async function takePreview(browser, address) {
  // 1200 × 630 of what a wide window shows.
  const context = await browser.newContext({
    viewport: { width: 1600, height: 840 },
    deviceScaleFactor: 0.75,
    locale: "en-GB",
  });
  const page = await context.newPage();
  await page.goto(`${address}#/${pages.playground?.at}`);
  await pages.playground?.prepare(page);
  // Without what is of this machine.
  await page.locator(".adapter").evaluate((/** @type {HTMLElement} */ element) => {
    element.style.visibility = "hidden";
  });
  await page.waitForTimeout(1000);
  await page.screenshot({ path: `${published}preview.png` });
  await context.close();
}

/**
 * The icon for those that take no SVG, on its own ground to the edges: they cut the corners themselves.
 * @param {import("playwright").Browser} browser
 */
async function takeIcons(browser) {
  const drawing = (await readFile(`${published}icon.svg`)).toString("base64");
  for (const [name, side] of /** @type {const} */ ([
    ["apple-touch-icon", 180],
    ["icon-192", 192],
    ["icon-512", 512],
  ])) {
    const page = await browser.newPage({ viewport: { width: side, height: side } });
    await page.setContent(
      `<body style="margin:0; height:100vh; display:grid; place-content:center; background:#1d2433"><img style="width:84vw" src="data:image/svg+xml;base64,${drawing}">`,
    );
    await page.screenshot({ path: `${published}${name}.png` });
    await page.close();
  }
}

const wanted = process.argv.slice(2);
const asked = (/** @type {string} */ name) => wanted.length === 0 || wanted.includes(name);
const chosen = Object.entries(pages).filter(([name]) => asked(name));
if (![...Object.keys(pages), "preview", "icons"].some(asked)) {
  throw new Error(`screenshots: got "${wanted}", expected some of ${Object.keys(pages)}, preview and icons.`);
}

const { environment } = await chooseAdapter();
await build({ configFile, logLevel: "warn" });
const server = await preview({ configFile, logLevel: "warn", preview: { port: 0, open: false } });
const browser = await chromium.launch(readLaunch(environment));
try {
  if (asked("preview")) await takePreview(browser, server.resolvedUrls?.local[0]);
  if (asked("icons")) await takeIcons(browser);
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
