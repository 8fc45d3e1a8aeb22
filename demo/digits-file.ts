import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const csv = new URL("../data/digits.csv", import.meta.url);

/** The bundled digits as `digits.bin`: an image after the other, a byte for each of 64 pixels and one for its digit, gzipped. */
export function digitsFile(): Plugin {
  return {
    name: "chainrule:digits",
    configureServer({ middlewares }) {
      middlewares.use("/digits.bin", (_, response) => void response.end(pack()));
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "digits.bin", source: pack() });
    },
  };
}

function pack(): Uint8Array {
  const [, ...rows] = readFileSync(csv, "utf8").trim().split(/\r?\n/);
  return gzipSync(Uint8Array.from(rows.flatMap((row) => row.split(",").map(Number))), { level: 9 });
}
