import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/** What the built site may load: its own files. */
const directives: Readonly<Record<string, string>> = {
  "default-src": "'none'",
  "script-src": "'self'",
  // A worker of a blob is under this policy too, which one of an address is not; see src/scripts.ts.
  "worker-src": "'self' blob:",
  "style-src": "'self'",
  "img-src": "'self'",
  "connect-src": "'self'",
  "manifest-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "require-trusted-types-for": "'script'",
  "trusted-types": "chainrule",
};

/** A content security policy in the page itself, wherever it is served. The scripts that stand in the page are known by their hashes. */
export function policy(): Plugin {
  return {
    name: "chainrule:policy",
    apply: "build",
    transformIndexHtml: {
      // After whoever adds a script.
      order: "post",
      handler(html) {
        const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text = ""]) => hashOf(text));
        const content = Object.entries({
          ...directives,
          "script-src": [directives["script-src"], ...scripts].join(" "),
        })
          .map(([name, sources]) => `${name} ${sources}`)
          .join("; ");
        return [{ tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content }, injectTo: "head-prepend" }];
      },
    },
  };
}

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
