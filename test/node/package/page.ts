import { chromium } from "playwright";
import { build, createServer, preview } from "vite";
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
  const { env, ...options } = JSON.parse(process.env.CHAINRULE_BROWSER ?? "{}");
  const browser = await chromium.launch({ ...options, env: { ...process.env, ...env } });
  let site: Site | undefined;
  try {
    site = await serve(consumer.folder, serving);
    const page = await browser.newPage();
    const lines: string[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      page.on("console", (message) => {
        lines.push(message.text());
        if (message.text().includes(last)) resolve();
        if (message.type() === "error") reject(new Error(lines.join("\n")));
      });
      page.on("pageerror", reject);
      setTimeout(() => reject(new Error(`the page has not ended:\n${lines.join("\n")}`)), 40_000).unref();
    });
    await Promise.all([ended, page.goto(site.url)]);
    return `${lines.join("\n")}\n`;
  } finally {
    await browser.close();
    await site?.close();
  }
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
