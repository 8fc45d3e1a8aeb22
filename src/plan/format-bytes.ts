import { refuse, show } from "../model/options.ts";
import { type Bytes, sumBytes } from "./memory.ts";

/** `1.2 MiB: data 1.0 MiB, parameter 204.8 KiB`. */
export const formatByRole = (bytes: Bytes): string =>
  `${formatBytes(sumBytes(bytes))}: ${Object.entries(bytes)
    .map(([role, one]) => `${role} ${formatBytes(one)}`)
    .join(", ")}`;

/** `1.2 MiB`, `640 B`. */
export function formatBytes(bytes: number): string {
  if (!(typeof bytes === "number" && bytes >= 0)) {
    refuse("formatBytes", `bytes ${show(bytes)}`, "a number of at least 0", "give a count of bytes");
  }
  const units = ["B", "KiB", "MiB", "GiB"];
  const unit = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${unit === 0 ? bytes : (bytes / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}
