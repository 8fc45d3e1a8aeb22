import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

type Bundle = Rollup.OutputBundle;

/** What the site needs to work; licences and source maps are not. */
const needed = /\.(?:js|css|html|svg|csv|bin|jpg|webp|png|webmanifest)$/;

/** The picture that others show where they link to the site. */
const forOthers = "preview.png";

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

/**
 * A worker that keeps all files of one build and serves them first. Those of the build before it stay for the tabs that it opened,
 * whose other pages have other names now; earlier ones are forgotten.
 */
const serviceWorker = (
  build: string,
  files: readonly string[],
  laterFiles: readonly string[],
) => `const cache = "chainrule-${build}";
const files = ${JSON.stringify(files)};
const later = ${JSON.stringify(laterFiles)};
const how = { ignoreSearch: true, ignoreVary: true };
const find = async (request) => (await (await caches.open(cache)).match(request, how)) ?? caches.match(request, how);
const keep = async (request) => {
  const response = await fetch(request);
  if (response.ok) await (await caches.open(cache)).put(request, response.clone());
  return response;
};
const load = (request) => (later.some((name) => request.url.endsWith("/" + name)) ? keep(request) : fetch(request));
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(cache).then((opened) => opened.addAll(files)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const forget = (keys) => Promise.all(keys.filter((key) => key.startsWith("chainrule-") && key !== cache).slice(0, -1).map((key) => caches.delete(key)));
  event.waitUntil(caches.keys().then(forget).then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  event.respondWith(find(event.request).then((found) => found ?? load(event.request)));
});
`;

/** The built site works without a network once it was loaded, from whatever path it is served. */
export function offline(publicFiles: readonly string[]): Plugin {
  return {
    name: "chainrule:offline",
    apply: "build",
    transformIndexHtml: (_, { bundle = {} }) => [
      { tag: "link", attrs: { rel: "manifest", href: "./manifest.webmanifest" }, injectTo: "head" },
      { tag: "meta", attrs: { name: "tfjs-bytes", content: String(packedBytes(bundle)) }, injectTo: "head" },
      { tag: "script", children: 'navigator.serviceWorker?.register("./service-worker.js");', injectTo: "body" },
    ],
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        this.emitFile({ type: "asset", fileName: "manifest.webmanifest", source: JSON.stringify(manifest) });
        const names = [...Object.keys(bundle), "index.html", "manifest.webmanifest", ...publicFiles];
        const files = [...new Set(names.filter((name) => needed.test(name) && name !== forOthers))].sort();
        const hash = createHash("sha256");
        for (const file of Object.values(bundle)) hash.update(contentOf(file));
        const isLater = (name: string) => later.test(name);
        const now = ["./", ...files.filter((name) => !isLater(name))];
        const source = serviceWorker(hash.digest("hex").slice(0, 12), now, files.filter(isLater));
        this.emitFile({ type: "asset", fileName: "service-worker.js", source });
      },
    },
  };
}

const contentOf = (file: Bundle[string]): string | Uint8Array => (file.type === "chunk" ? file.code : file.source);

/** What the files that come later take on their way, gzipped. */
const packedBytes = (bundle: Bundle): number =>
  Object.values(bundle)
    .filter(({ fileName }) => later.test(fileName))
    .reduce((sum, file) => sum + gzipSync(contentOf(file)).length, 0);
