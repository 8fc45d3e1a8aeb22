import { fileURLToPath } from "node:url";
import { build, preview } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the built demo, below a path as on GitHub Pages. */
    site: string;
  }
}

const configFile = fileURLToPath(new URL("../../demo/vite.config.ts", import.meta.url));

/** Builds the demo once and serves it from a sub-path while its tests run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await build({ configFile, logLevel: "warn" });
  const server = await preview({
    configFile,
    base: "/pages/chainrule/",
    logLevel: "warn",
    preview: { port: 0, open: false },
  });
  const address = server.resolvedUrls?.local[0];
  if (address === undefined) throw new Error("the demo's server has no address");
  project.provide("site", address);
  return () => server.close();
}
