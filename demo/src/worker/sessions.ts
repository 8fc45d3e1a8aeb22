import type { Contract } from "./protocol.ts";
import type { OpenSession } from "./session.ts";

/** A session whose contract is known to its page alone. */
// biome-ignore lint/suspicious/noExplicitAny: the worker only hands calls and events through.
export type AnyOpenSession = OpenSession<{ readonly methods: Contract["methods"]; readonly event: any }>;

/** The session of every page, each a chunk of its own that loads when its page is opened. */
export const sessions: Readonly<Record<string, () => Promise<{ readonly open: unknown }>>> = {
  playground: () => import("../pages/playground/session.ts"),
  inside: () => import("../pages/inside/session.ts"),
  digits: () => import("../pages/digits/session.ts"),
  image: () => import("../pages/image/session.ts"),
  data: () => import("../pages/data/session.ts"),
  gpu: () => import("../pages/gpu/session.ts"),
};
