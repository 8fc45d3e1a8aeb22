import type { FunctionComponent } from "preact";

/** A page of the site. */
export interface PageEntry {
  /** Of its address, `#/<name>`, and of its session in `worker/sessions.ts`. */
  readonly name: string;
  readonly title: string;
  /** Loads its chunk. */
  load(): Promise<{ readonly Page: FunctionComponent }>;
}

/** Every page, in the order of the navigation; the first is the entrance. */
export const pages: readonly PageEntry[] = [
  { name: "playground", title: "Playground", load: () => import("./pages/playground/page.tsx") },
  { name: "inside", title: "Inside a step", load: () => import("./pages/inside/page.tsx") },
  { name: "digits", title: "Digits", load: () => import("./pages/digits/page.tsx") },
  { name: "image", title: "Image", load: () => import("./pages/image/page.tsx") },
  { name: "data", title: "Your data", load: () => import("./pages/data/page.tsx") },
  { name: "gpu", title: "This GPU", load: () => import("./pages/gpu/page.tsx") },
];
