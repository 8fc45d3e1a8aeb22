import { formatBytes } from "chainrule";
import { local } from "./format.ts";

/** `4.0 GiB` */
export const bytesText = (bytes: number): string => local(formatBytes(bytes));
