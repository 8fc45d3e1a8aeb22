import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { build, preview } from "vite";
import { chooseAdapter } from "../tools/adapter.mjs";
import { readLaunch } from "../tools/browser.mjs";

/**
 * `npm run bench:frames`: how the demo's playground moves while it trains: the times between the page's frames, its tasks that were
 * longer than 50 ms, the pictures a second, and the time of a replay beside that of the training. It fails where the page does not
 * stay free, of which it can tell only alone on the machine.
 *
 * @typedef {import("playwright").Page} Page
 */

const SECONDS = 6;

/** Most ms from one frame of the page to the next: of half of them, and of 95 %. Two frames of a display at 60 Hz take 33.3 ms. */
const MEDIAN_GAP = 34;
const LONG_GAP = 100;

const configFile = fileURLToPath(new URL("../demo/vite.config.ts", import.meta.url));
const adapter = await chooseAdapter();

await build({ configFile, logLevel: "warn" });
const server = await preview({ configFile, logLevel: "warn", preview: { port: 0, open: false } });
const browser = await chromium.launch(readLaunch(adapter.environment));
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
  const at = (/** @type {number} */ share) => gaps[Math.floor(share * gaps.length)] ?? Number.NaN;
  const [median, long, most] = [at(0.5), at(0.95), at(1 - 1e-9)].map((gap) => `${gap.toFixed(1)} ms`);
  console.log(`adapter: ${adapter.line}`);
  console.log(`between two frames: median ${median}, 95 % ${long}, most ${most} (${gaps.length} frames)`);
  console.log(`tasks of the page over 50 ms: ${tasks.length === 0 ? "none" : tasks.map(Math.round).join(", ")}`);
  console.log(pictures);
  console.log(`replay: ${(replayed / trained).toFixed(2)} of the time of training, with the page's opening`);
  // Written so that no frame at all fails too.
  const free = at(0.5) <= MEDIAN_GAP && at(0.95) <= LONG_GAP && tasks.length === 0;
  const bounds = `at most ${MEDIAN_GAP} ms, 95 % ${LONG_GAP} ms, and no task over 50 ms`;
  console.log(`the page ${free ? "stays free" : "does not stay free"}: ${bounds}, on a machine that does nothing else`);
  process.exitCode = free ? 0 : 1;
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
