import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, inject, onTestFailed } from "vitest";
import { readLaunch } from "../../tools/browser.mjs";

/** Arguments without which Chromium has no adapter. */
const withWebGpu = (argument: string) => !/webgpu/i.test(argument);

export interface Visit {
  /** What follows `#/`: page and query. */
  readonly at?: string;
  /** Of the site; of the one that all tests share if left out. */
  readonly address?: string;
  readonly context?: BrowserContextOptions;
  /** Is given the page before it goes to the site. */
  readonly before?: (page: Page) => unknown;
}

/** A visitor of the site. */
export interface Visitor {
  readonly page: Page;
  /** Messages of errors that the page logged or threw. */
  readonly errors: readonly string[];
}

export interface Site {
  readonly address: string;
  /** Opens the site in a fresh profile, which takes a second or more. */
  visit(visit?: Visit): Promise<Visitor>;
  /**
   * Goes to an address in the window that the tests of a file share, with its worker, GPU and profile. The page is built anew, and
   * the window is as it was first: 1280 × 900 in the light.
   * @param at what follows `#/`
   */
  goTo(at?: string): Promise<Visitor>;
}

const size = { width: 1280, height: 900 };

/** Arguments with which it has WebGPU and no adapter. */
const withoutAdapter = ["--disable-gpu", "--disable-software-rasterizer"];
const withAdapter = (argument: string) => !/vulkan|angle|adapter|blocklist/i.test(argument);

/**
 * A browser for the tests of a file, and visits to the built site.
 * @param webgpu whether the browser has WebGPU
 * @param adapter whether it has one for it
 */
export function useSite({ webgpu = true, adapter = true } = {}): Site {
  let browser: Browser;
  beforeAll(async () => {
    const { args, ...others } = readLaunch();
    browser = await chromium.launch({
      ...others,
      // The hook's own limit is the only one.
      timeout: 0,
      args: [
        ...args.filter((argument) => (webgpu || withWebGpu(argument)) && (adapter || withAdapter(argument))),
        ...(adapter ? [] : withoutAdapter),
      ],
    });
  });
  const contexts: BrowserContext[] = [];
  let shared: { readonly page: Page; readonly errors: string[] } | undefined;
  afterEach(async ({ task }) => {
    // Nobody knows in what state a test that failed left the window.
    if (task.result?.state === "fail") {
      await shared?.page.context().close();
      shared = undefined;
    }
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(() => browser?.close());

  async function open({ at = "", address = inject("site"), context = {}, before }: Visit) {
    const opened = await browser.newContext({ viewport: size, locale: "en-GB", ...context });
    // The test's own limit is the only one: how long shaders compile depends on who else takes the cores.
    opened.setDefaultTimeout(0);
    const page = await opened.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await before?.(page);
    await page.goto(`${address}#/${at}`);
    return { page, errors };
  }

  return {
    get address() {
      return inject("site");
    },
    async visit(visit = {}) {
      const opened = await open(visit);
      contexts.push(opened.page.context());
      return opened;
    },
    async goTo(at = "") {
      if (!shared) {
        shared = await open({ at });
        return shared;
      }
      const { page, errors } = shared;
      errors.length = 0;
      await page.mouse.move(0, 0);
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "no-preference" });
      await page.setViewportSize(size);
      await goBy(page, `#/${at}`);
      return shared;
    },
  };
}

/** Follows a link, as it were, to an address of the site. @returns when its page is built, and no other is left */
async function goBy(page: Page, hash: string): Promise<void> {
  const visit = await page.evaluate((wanted) => {
    // The address that is shown already is no visit: it is written another way.
    location.hash = location.hash === wanted ? `${wanted}${wanted.includes("?") ? "&" : "?"}` : wanted;
    return document.getElementById("main")?.dataset.visit;
  }, hash);
  await page.locator(`#main:not([data-visit="${visit}"])`).waitFor({ state: "attached" });
}

/** Until the page and its worker are at rest: all that was asked is answered and drawn, and pages that were left hold nothing. */
export const settled = (page: Page): Promise<void> =>
  page.evaluate(() => (globalThis as unknown as { chainruleSettled(): Promise<void> }).chainruleSettled());

/** Asks until the answer fits, as long as the test may take. Of a test that fails meanwhile it says what was answered last. */
export async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  let answer: T | undefined;
  let waits = true;
  onTestFailed(() => {
    if (waits) console.error(`until ${fits}: last answered`, answer);
  });
  for (;;) {
    answer = await ask();
    if (!fits(answer)) continue;
    waits = false;
    return answer;
  }
}

/** Asserts that axe-core finds no serious or critical violation on the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  // It starts a page of its own to finish, which is not needed without frames.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(grave.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
}

/** Asserts that the page, laid out for a width in pixels, does not scroll sideways. */
export async function expectToFit(page: Page, width: number): Promise<void> {
  await settled(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
}

/** A visit by a phone in the dark; most others are at 1280 px in the light. */
export const phone: BrowserContextOptions = { colorScheme: "dark", viewport: { width: 390, height: 844 } };

/** Asserts both in each theme, and at each of two widths, those of `phone` first: colours do not depend on the width. */
export async function expectGoodLooks(page: Page): Promise<void> {
  for (const [colorScheme, width] of [["dark", 390] as const, ["light", 1280] as const]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 844 });
    await expectToFit(page, width);
    await expectAccessible(page);
  }
}

export const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Until a training of a given length is at its end. */
export const untilDone = (page: Page) => page.getByText(/^done in/).waitFor();

/** Trains to the end. */
export async function trainAll(page: Page): Promise<void> {
  await button(page, "Train").click();
  await untilDone(page);
}

/** What the worker has asked of the GPU since it was watched. */
export interface GpuCalls {
  /** Buffers that were mapped, and those of them that the code of an animation frame mapped. */
  readonly maps: number;
  readonly mapsOfFrames: number;
  /** Render passes. */
  readonly draws: number;
}

/** Counts from now on. @returns reads the counts */
export async function watchGpu(page: Page): Promise<() => Promise<GpuCalls>> {
  const [worker] = page.workers();
  if (!worker) throw new Error("the page has no worker");
  await worker.evaluate(() => {
    const calls = { maps: 0, mapsOfFrames: 0, draws: 0 };
    Object.assign(globalThis, { calls });
    const { mapAsync } = GPUBuffer.prototype;
    const { beginRenderPass } = GPUCommandEncoder.prototype;
    let inFrame = false;
    GPUBuffer.prototype.mapAsync = function (...given) {
      calls.maps += 1;
      if (inFrame) calls.mapsOfFrames += 1;
      return mapAsync.apply(this, given);
    };
    GPUCommandEncoder.prototype.beginRenderPass = function (...given) {
      calls.draws += 1;
      return beginRenderPass.apply(this, given);
    };
    const request = globalThis.requestAnimationFrame;
    globalThis.requestAnimationFrame = (callback) =>
      request((time) => {
        inFrame = true;
        callback(time);
        inFrame = false;
      });
  });
  return () => worker.evaluate(() => (globalThis as unknown as { calls: GpuCalls }).calls);
}

/** Counts buffers of the GPU from now on. @returns reads the labels, each with a number of its own, of those that were made and not destroyed */
export async function watchBuffers(page: Page): Promise<() => Promise<readonly string[]>> {
  const [worker] = page.workers();
  if (!worker) throw new Error("the page has no worker");
  await worker.evaluate(() => {
    const alive = new Map<GPUBuffer, string>();
    let made = 0;
    Object.assign(globalThis, { alive });
    const { createBuffer } = GPUDevice.prototype;
    const { destroy } = GPUBuffer.prototype;
    GPUDevice.prototype.createBuffer = function (...given) {
      const buffer = createBuffer.apply(this, given);
      alive.set(buffer, `${buffer.label} ${made++}`);
      return buffer;
    };
    GPUBuffer.prototype.destroy = function () {
      alive.delete(this);
      return destroy.apply(this);
    };
  });
  return () => worker.evaluate(() => [...(globalThis as unknown as { alive: Map<GPUBuffer, string> }).alive.values()]);
}

/** The pixels of an element as drawn on the screen, as a PNG. */
export const pictureOf = (page: Page, selector: string): Promise<Buffer> => page.locator(selector).screenshot();

/** As the worker does where the page asks it to. */
export const loseGpu = (page: Page) =>
  page
    .workers()[0]
    ?.evaluate(() => globalThis.dispatchEvent(new MessageEvent("message", { data: { kind: "loseDevice" } })));
