import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { writeServiceWorker } from "../../demo/offline.ts";

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".html": "text/html",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

/** A host of pages whose files stay in a browser's cache for a while, as those of most hosts do. */
export interface Host {
  /** Of its origin, with a slash at its end. */
  readonly address: string;
  /** Paths that were asked for, the last one last; also of what is no request of a file, as a WebSocket. */
  readonly asked: readonly string[];
  /** Publishes a folder at a path, `/site/`, in place of the one before. */
  publish(path: string, folder: string): void;
  /** Sends something else for the paths that end so, until that is undone. @returns undoes it */
  damage(end: string, text: string): () => void;
  close(): Promise<void>;
}

/** @param keep how long browsers keep files, as the header says it: what GitHub Pages says if left out */
export async function openHost(keep = "max-age=600"): Promise<Host> {
  const published = new Map<string, string>();
  const damaged = new Map<string, string>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://host");
    asked.push(pathname);
    const [path = "", folder = ""] = [...published].find(([path]) => pathname.startsWith(path)) ?? [];
    const file = join(folder, pathname.slice(path.length) || "index.html");
    const [, text] = [...damaged].find(([end]) => pathname.endsWith(end)) ?? [];
    const there = folder !== "" && existsSync(file) && statSync(file).isFile();
    response.writeHead(there ? 200 : 404, {
      "Content-Type": types[extname(file)] ?? "text/plain",
      "Last-Modified": new Date(Date.now() - 30 * 24 * 3600 * 1000).toUTCString(),
      "Cache-Control": keep,
      // Who asks from elsewhere could read the answer: what keeps the site from asking is the site.
      "Access-Control-Allow-Origin": "*",
    });
    response.end(there ? (text ?? readFileSync(file)) : "none");
  });
  server.on("upgrade", ({ url = "" }, socket) => {
    asked.push(url);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    publish: (path, folder) => void published.set(path, folder),
    damage(end, text) {
      damaged.set(end, text);
      return () => void damaged.delete(end);
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A host for the tests of a file. */
export function useHost(): (keep?: string) => Promise<Host> {
  const hosts: Host[] = [];
  afterAll(() => Promise.all(hosts.map((host) => host.close())));
  return async (keep) => {
    const host = await openHost(keep);
    hosts.push(host);
    return host;
  };
}

const dist = fileURLToPath(new URL("../../demo/dist", import.meta.url));

/** Builds of the site that differ, for the tests of a file: by a mark in the page, and by the names of the files that it loads. */
export function useBuilds(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "chainrule-builds-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  return (name) => {
    const build = join(folder, name);
    if (existsSync(build)) return build;
    cpSync(dist, build, { recursive: true });
    const assets = readdirSync(join(build, "assets")).filter((file) => /\.(js|css)$/.test(file));
    const texts = ["index.html", ...assets.map((file) => `assets/${file}`)];
    const stems = new RegExp(
      assets
        .map((file) => file.replace(/\.\w+$/, ""))
        .join("|")
        .replace(/[.+]/g, "\\$&"),
      "g",
    );
    for (const file of texts) {
      const text = readFileSync(join(build, file), "utf8").replace(stems, `$&.${name}`);
      writeFileSync(join(build, file), text.replace("<head>", `<head><meta name="build" content="${name}">`));
    }
    for (const file of assets)
      renameSync(join(build, "assets", file), join(build, "assets", file.replace(/\.\w+$/, `.${name}$&`)));
    writeServiceWorker(build);
    return build;
  };
}
