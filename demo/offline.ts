import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/** What the site needs to work; licences and source maps are not. */
const needed = /\.(?:js|css|html|svg|csv|bin|jpg|webp|png|webmanifest)$/;

const manifest = {
  name: "chainrule",
  short_name: "chainrule",
  description: "See a neural network learn, on your own GPU",
  start_url: "./",
  display: "standalone",
  background_color: "#f7f6f3",
  theme_color: "#f7f6f3",
  icons: [{ src: "icon.svg", sizes: "any", type: "image/svg+xml" }],
};

/** A worker that keeps all files of one build, serves them first, and forgets those of earlier builds. */
const serviceWorker = (build: string, files: readonly string[]) => `const cache = "chainrule-${build}";
const files = ${JSON.stringify(files)};
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(cache).then((opened) => opened.addAll(files)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const forget = (keys) => Promise.all(keys.filter((key) => key.startsWith("chainrule-") && key !== cache).map((key) => caches.delete(key)));
  event.waitUntil(caches.keys().then(forget).then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  event.respondWith(caches.match(event.request, { ignoreSearch: true, ignoreVary: true }).then((found) => found ?? fetch(event.request)));
});
`;

/** The built site works without a network once it was loaded, from whatever path it is served. */
export function offline(publicFiles: readonly string[]): Plugin {
  return {
    name: "chainrule:offline",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "link", attrs: { rel: "manifest", href: "./manifest.webmanifest" }, injectTo: "head" },
      { tag: "script", children: 'navigator.serviceWorker?.register("./service-worker.js");', injectTo: "body" },
    ],
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        this.emitFile({ type: "asset", fileName: "manifest.webmanifest", source: JSON.stringify(manifest) });
        const names = [...Object.keys(bundle), "index.html", "manifest.webmanifest", ...publicFiles];
        const files = [...new Set(names.filter((name) => needed.test(name)))].sort();
        const hash = createHash("sha256");
        for (const file of Object.values(bundle)) hash.update(file.type === "chunk" ? file.code : file.source);
        const source = serviceWorker(hash.digest("hex").slice(0, 12), ["./", ...files]);
        this.emitFile({ type: "asset", fileName: "service-worker.js", source });
      },
    },
  };
}
