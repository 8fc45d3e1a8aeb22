import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const csv = new URL("../data/digits.csv", import.meta.url);

/**
 * The bundled digits as a file: an image after the other, a byte for each of 64 pixels and one for its digit, gzipped. Its name, which
 * `__DIGITS__` stands for, has its hash: a tab that one build opened never takes the digits of another.
 */
export function digitsFile(): Plugin {
  const source = pack();
  const fileName = `assets/digits-${createHash("sha256").update(source).digest("hex").slice(0, 8)}.bin`;
  return {
    name: "chainrule:digits",
    config: () => ({ define: { __DIGITS__: JSON.stringify(fileName) } }),
    configureServer({ middlewares }) {
      middlewares.use(`/${fileName}`, (_, response) => void response.end(source));
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName, source });
    },
  };
}

function pack(): Uint8Array {
  const [, ...rows] = readFileSync(csv, "utf8").trim().split(/\r?\n/);
  return gzipSync(Uint8Array.from(rows.flatMap((row) => row.split(",").map(Number))), { level: 9 });
}
