import { chromium } from "playwright";
import { build, createServer, preview } from "vite";
import { onTestFinished } from "vitest";
import { readLaunch } from "../../../tools/browser.mjs";
import type { Consumer } from "./consumer.ts";

/** How a page comes to a browser: from Vite's development server, or built. */
export type Serving = "development" | "build";

/** A server of a folder. */
interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Opens the folder's index.html in headless Chromium, with the adapter of the suite, until it logs a line with `last`.
 * @returns what the page logged, a line each
 * @throws Error where the page fails, or Vite cannot serve or build it
 */
export async function visit(consumer: Consumer, serving: Serving, last: string): Promise<string> {
  const browser = await chromium.launch({ ...readLaunch(), timeout: 0 });
  onTestFinished(() => browser.close());
  const site = await serve(consumer.folder, serving);
  onTestFinished(() => site.close());
  const page = await browser.newPage();
  const lines: string[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    page.on("console", (message) => {
      lines.push(message.text());
      if (message.text().includes(last)) resolve();
      if (message.type() === "error") reject(new Error(lines.join("\n")));
    });
    page.on("pageerror", reject);
    page.on("crash", () => reject(new Error(`the page has crashed:\n${lines.join("\n")}`)));
  });
  await Promise.all([ended, page.goto(site.url, { timeout: 0 })]);
  return `${lines.join("\n")}\n`;
}

async function serve(root: string, serving: Serving): Promise<Site> {
  const common = { root, configFile: false, logLevel: "error", cacheDir: `${root}/.vite` } as const;
  // Any free port; the host is named so that both ends mean the same address.
  const address = { host: "127.0.0.1", port: 0 };
  if (serving === "development") {
    const server = await createServer({ ...common, server: address });
    await server.listen();
    return { url: server.resolvedUrls?.local[0] ?? "", close: () => server.close() };
  }
  await build(common);
  const server = await preview({ ...common, preview: address });
  return { url: server.resolvedUrls?.local[0] ?? "", close: () => server.close() };
}
