import type { Training } from "../../worker/training.ts";

/** The first twelve digits of the SHA-256 of all parameters: equal for equal bits. */
export async function fingerprint(training: Training): Promise<string> {
  const parts = Object.values(await training.parameters());
  const digest = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  return Array.from(new Uint8Array(digest, 0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
