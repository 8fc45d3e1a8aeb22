import { backend } from "./client.ts";

/** What is waited for an answer, in ms: a GPU's process that hangs gives none. */
const MOST_WAIT = 1000;

/**
 * Asks for an adapter as the library does in the worker, which takes milliseconds. Where there is none the CPU trains, and the worker
 * will say why: what is shown before that would move.
 * @param gpu of the browser; undefined where it has none
 * @returns once the browser has answered, or a second has passed
 */
export async function askForAdapter(gpu: Pick<GPU, "requestAdapter"> | undefined = navigator.gpu): Promise<void> {
  const ask = async () => {
    const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
    if (!adapter)
      backend.value ??= { kind: "cpu", reason: { name: "DeviceError", message: "The browser has no adapter." } };
  };
  await Promise.race([ask(), new Promise((resolve) => setTimeout(resolve, MOST_WAIT))]);
}
