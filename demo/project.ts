import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

interface Manifest {
  readonly version: string;
  readonly repository?: string | { readonly url: string };
  readonly homepage?: string;
}

const { version, repository, homepage }: Manifest = JSON.parse(read("../package.json"));

/** What package.json says of the project. Where it is published is known once `repository` and `homepage` stand there. */
export const project = {
  version,
  /** Page of the repository, or empty. */
  repository: (typeof repository === "string" ? repository : (repository?.url ?? ""))
    .replace(/^git\+/, "")
    .replace(/\.git$/, ""),
  /** Address of the site, or empty. */
  address: homepage ?? "",
};

/** The site's preview for whoever links to it, and the README, which the site itself has where no repository is known to show it. */
export function published(): Plugin {
  return {
    name: "chainrule:published",
    apply: "build",
    transformIndexHtml: () => {
      const { address } = project;
      const meta = (property: string, content: string) => ({
        tag: "meta",
        attrs: { property, content },
        injectTo: "head" as const,
      });
      return [
        meta("og:image", address === "" ? "./preview.png" : new URL("preview.png", address).href),
        ...(address === "" ? [] : [meta("og:url", address)]),
      ];
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "documentation.txt", source: read("../README.md") });
    },
  };
}
