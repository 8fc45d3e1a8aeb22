import type { FunctionComponent } from "preact";
import { type PageName, pageNames } from "./page-names.ts";

/** A page of the site. */
export interface PageEntry {
  /** Of its address, `#/<name>`, and of its session in `worker/sessions.ts`. */
  readonly name: PageName;
  readonly title: string;
  /** For search engines and links to it. */
  readonly description: string;
  /** Loads its chunk. */
  load(): Promise<{ readonly Page: FunctionComponent }>;
}

const entries: Readonly<Record<PageName, Omit<PageEntry, "name">>> = {
  playground: {
    title: "Playground",
    description:
      "Watch a small neural network learn points in the plane on your own GPU: every unit’s response live, single steps, and back to any of them.",
    load: () => import("./pages/playground/page.tsx"),
  },
  inside: {
    title: "Inside a step",
    description:
      "Every number of one training step, with its formula: forward to the loss, back along the chain rule, and the update.",
    load: () => import("./pages/inside/page.tsx"),
  },
  digits: {
    title: "Digits",
    description: "Train a network on handwritten digits in a few seconds, then draw one and see what it takes it for.",
    load: () => import("./pages/digits/page.tsx"),
  },
  image: {
    title: "Image",
    description: "A network becomes a picture, yours if you like: with and without Fourier features of x and y.",
    load: () => import("./pages/image/page.tsx"),
  },
  data: {
    title: "Your data",
    description: "Train a network on your own CSV file, without sending it anywhere, and take the model home.",
    load: () => import("./pages/data/page.tsx"),
  },
  gpu: {
    title: "This GPU",
    description:
      "What your browser’s GPU is, whether it computes what the CPU does, and how fast it trains beside TensorFlow.js.",
    load: () => import("./pages/gpu/page.tsx"),
  },
};

/** Every page, in the order of the navigation. */
export const pages: readonly PageEntry[] = pageNames.map((name) => ({ name, ...entries[name] }));
