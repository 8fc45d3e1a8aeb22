import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What `npm run build` has written, which setup.ts sees to. */

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The command line. */
export const builtCommand = join(root, "dist/cli.js");
