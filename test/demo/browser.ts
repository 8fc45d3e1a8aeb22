import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";

/** What tools/adapter.mjs found. */
const launchOptions = JSON.parse(process.env.CHAINRULE_BROWSER ?? "{}");

/** Arguments without which Chromium has no adapter. */
const withWebGpu = (argument: string) => !/webgpu/i.test(argument);

export interface Visit {
  /** What follows `#/`: page and query. */
  readonly at?: string;
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
  /** Opens the site in a fresh profile. */
  visit(visit?: Visit): Promise<Visitor>;
}

/**
 * A browser for the tests of a file, and visits to the built site.
 * @param webgpu whether the browser has WebGPU
 */
export function useSite({ webgpu = true } = {}): Site {
  let browser: Browser;
  beforeAll(async () => {
    const { args, env, ...others } = launchOptions;
    browser = await chromium.launch({
      ...others,
      args: webgpu ? args : args.filter(withWebGpu),
      env: { ...process.env, ...env },
    });
  });
  const contexts: BrowserContext[] = [];
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(() => browser?.close());
  return {
    get address() {
      return inject("site");
    },
    async visit({ at = "", context = {}, before }: Visit = {}) {
      const opened = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", ...context });
      contexts.push(opened);
      const page = await opened.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await before?.(page);
      await page.goto(`${inject("site")}#/${at}`);
      return { page, errors };
    },
  };
}

/** Asserts that axe-core finds no serious or critical violation on the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  // It starts a page of its own to finish, which is not needed without frames.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(grave.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
}

/** The pixels of an element as drawn on the screen, as a PNG. */
export const pictureOf = (page: Page, selector: string): Promise<Buffer> => page.locator(selector).screenshot();
