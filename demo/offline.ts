import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

type Bundle = Rollup.OutputBundle;

/** What the site needs to work; licences and source maps are not. */
const needed = /\.(?:js|css|html|svg|csv|bin|jpg|webp|png|webmanifest)$/;

/** The picture that others show where they link to the site. */
const forOthers = "preview.png";

const WORKER = "service-worker.js";

/** What is kept once it was asked for: large, and used by one button. */
const later = /^assets\/tfjs-(?!worker)[^/]*\.js$/;

const manifest = {
  name: "chainrule",
  short_name: "chainrule",
  description: "See a neural network learn, on your own GPU",
  start_url: "./",
  display: "standalone",
  background_color: "#f7f6f3",
  theme_color: "#f7f6f3",
  icons: [
    { src: "icon.svg", sizes: "any", type: "image/svg+xml" },
    { src: "icon-192.png", sizes: "192x192", type: "image/png" },
    { src: "icon-512.png", sizes: "512x512", type: "image/png" },
    { src: "icon-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
  ],
};

const template = readFileSync(new URL("offline-worker.js", import.meta.url), "utf8");

/**
 * Writes the service worker of a built site, which keeps all its files and serves them first, each known by its hash. Those of the
 * build before stay for the tabs that it opened, whose other pages have other names now; earlier ones are forgotten.
 * @param folder all files of the site as they are served
 */
export function writeServiceWorker(folder: string): void {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/"));
  const kept = names.filter((name) => needed.test(name) && name !== forOthers && name !== WORKER).sort();
  const files = Object.fromEntries(
    kept.map((name) => [name === "index.html" ? "" : name, integrityOf(readFileSync(join(folder, name)))]),
  );
  const lines = [
    `const files = ${JSON.stringify(files)};`,
    `const later = ${JSON.stringify(kept.filter((name) => later.test(name)))};`,
    template,
  ].join("\n");
  // Of all that it is: another worker never writes into the files of one that serves.
  const build = createHash("sha256").update(lines).digest("hex").slice(0, 12);
  writeFileSync(join(folder, WORKER), `const build = "${build}";\n${lines}`);
}

const integrityOf = (bytes: Uint8Array): string => `sha256-${createHash("sha256").update(bytes).digest("base64")}`;

/** The built site works without a network once it was loaded, from whatever path it is served. */
export function offline(): Plugin {
  return {
    name: "chainrule:offline",
    apply: "build",
    transformIndexHtml: (_, { bundle = {} }) => [
      { tag: "link", attrs: { rel: "manifest", href: "./manifest.webmanifest" }, injectTo: "head" },
      { tag: "meta", attrs: { name: "tfjs-bytes", content: String(packedBytes(bundle)) }, injectTo: "head" },
    ],
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "manifest.webmanifest", source: JSON.stringify(manifest) });
    },
    writeBundle: {
      order: "post",
      handler: ({ dir = "" }) => writeServiceWorker(dir),
    },
  };
}

const contentOf = (file: Bundle[string]): string | Uint8Array => (file.type === "chunk" ? file.code : file.source);

/** What the files that come later take on their way, gzipped. */
const packedBytes = (bundle: Bundle): number =>
  Object.values(bundle)
    .filter(({ fileName }) => later.test(fileName))
    .reduce((sum, file) => sum + gzipSync(contentOf(file)).length, 0);
