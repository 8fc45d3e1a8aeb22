import { backend } from "./client.ts";

/**
 * Asks for an adapter as the library does in the worker, which takes milliseconds. Where there is none the CPU trains, and the worker
 * will say why: what is shown before that would move.
 * @returns once the browser has answered
 */
export async function askForAdapter(): Promise<void> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter)
    backend.value ??= { kind: "cpu", reason: { name: "DeviceError", message: "The browser has no adapter." } };
}
