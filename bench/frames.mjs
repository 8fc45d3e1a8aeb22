import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { build, preview } from "vite";
import { chooseAdapter } from "../tools/adapter.mjs";

/**
 * `node bench/frames.mjs`: how the demo's playground moves while it trains: the times between the page's frames, its tasks that were
 * longer than 50 ms, the pictures a second, and the time of a replay beside that of the training. Alone on the machine.
 *
 * @typedef {import("playwright").Page} Page
 */

const SECONDS = 6;

const configFile = fileURLToPath(new URL("../demo/vite.config.ts", import.meta.url));
const adapter = await chooseAdapter();
const { args, env, ...launch } = JSON.parse(adapter.environment.CHAINRULE_BROWSER ?? "{}");

await build({ configFile, logLevel: "warn" });
const server = await preview({ configFile, logLevel: "warn", preview: { port: 0, open: false } });
const browser = await chromium.launch({ ...launch, args, env: { ...process.env, ...env } });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(0);
  await page.goto(`${server.resolvedUrls?.local[0]}#/playground?points=circle&layers=8,8`);
  await atRest(page);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  const began = performance.now();
  await page.waitForURL(/[?&]step=\d/);
  const { gaps, tasks } = await page.evaluate(measureFrames, SECONDS);
  const pictures = await page.getByText(/pictures a second/).textContent();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await atRest(page);
  const trained = performance.now() - began;
  await page.reload();
  const again = performance.now();
  await atRest(page);
  const replayed = performance.now() - again;
  const at = (/** @type {number} */ share) => `${(gaps[Math.floor(share * gaps.length)] ?? Number.NaN).toFixed(1)} ms`;
  console.log(`adapter: ${adapter.line}`);
  console.log(`between two frames: median ${at(0.5)}, 95 % ${at(0.95)}, most ${at(1 - 1e-9)} (${gaps.length} frames)`);
  console.log(`tasks of the page over 50 ms: ${tasks.length === 0 ? "none" : tasks.map(Math.round).join(", ")}`);
  console.log(pictures);
  console.log(`replay: ${(replayed / trained).toFixed(2)} of the time of training, with the page's opening`);
} finally {
  await browser.close();
  await server.close();
}

/** @param {Page} page */
function atRest(page) {
  return page.getByTestId("fingerprint").waitFor();
}

/** In the page. @param {number} seconds @returns {Promise<{ gaps: number[], tasks: number[] }>} times in ms, the shortest first */
async function measureFrames(seconds) {
  /** @type {number[]} */
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: "longtask" });
  const gaps = [];
  let last = await new Promise(requestAnimationFrame);
  for (const end = last + 1000 * seconds; last < end; ) {
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  observer.disconnect();
  return { tasks, gaps: gaps.sort((a, b) => a - b) };
}
