import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { digitsFile } from "./digits-file.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The demo: `npm run dev`, `npm run build:demo`, `npm run preview`. Relative links, so that it can be served from any path. */
export default defineConfig({
  root: path("."),
  base: "./",
  resolve: {
    alias: [
      { find: /^chainrule$/, replacement: path("../src/index.ts") },
      { find: /^chainrule\/table$/, replacement: path("../src/table.ts") },
    ],
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    outDir: path("dist"),
    emptyOutDir: true,
    license: { fileName: "licenses.md" },
  },
  worker: { format: "es" },
  plugins: [
    digitsFile(),
    VitePWA({
      registerType: "autoUpdate",
      injectRegister: "script-defer",
      manifest: {
        name: "chainrule",
        short_name: "chainrule",
        description: "See a neural network learn, on your own GPU",
        start_url: "./",
        display: "standalone",
        background_color: "#f7f6f3",
        theme_color: "#f7f6f3",
        icons: [{ src: "icon.svg", sizes: "any", type: "image/svg+xml" }],
      },
      workbox: {
        globPatterns: ["**/*.{js,css,html,svg,csv,bin,jpg,webp,png}"],
        clientsClaim: true,
        skipWaiting: true,
        cleanupOutdatedCaches: true,
      },
    }),
  ],
});
