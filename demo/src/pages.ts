import type { FunctionComponent } from "preact";
import { type PageName, pageNames } from "./page-names.ts";

/** A page of the site. */
export interface PageEntry {
  /** Of its address, `#/<name>`, and of its session in `worker/sessions.ts`. */
  readonly name: PageName;
  readonly title: string;
  /** Loads its chunk. */
  load(): Promise<{ readonly Page: FunctionComponent }>;
}

const entries: Readonly<Record<PageName, Omit<PageEntry, "name">>> = {
  playground: { title: "Playground", load: () => import("./pages/playground/page.tsx") },
  inside: { title: "Inside a step", load: () => import("./pages/inside/page.tsx") },
  digits: { title: "Digits", load: () => import("./pages/digits/page.tsx") },
  image: { title: "Image", load: () => import("./pages/image/page.tsx") },
  data: { title: "Your data", load: () => import("./pages/data/page.tsx") },
  gpu: { title: "This GPU", load: () => import("./pages/gpu/page.tsx") },
};

/** Every page, in the order of the navigation. */
export const pages: readonly PageEntry[] = pageNames.map((name) => ({ name, ...entries[name] }));
