import type { Contestant } from "./contestants.ts";
import type { StartedTask } from "./tasks.ts";

// A worker of its own for TensorFlow.js: it has its own GPUDevice, and all that it holds goes when the worker ends.

/** What the worker is asked for; each call is answered before the next one is sent. */
export type TfjsCall =
  | { readonly method: "load" }
  | { readonly method: "enter"; readonly task: StartedTask }
  | { readonly method: "step"; readonly steps: number }
  | { readonly method: "reset" }
  | { readonly method: "dispose" };

export type TfjsAnswer = { readonly value: unknown } | { readonly fault: string };

/** The global scope of a dedicated worker, which TypeScript's DOM library takes for a window. */
interface Scope {
  postMessage(message: TfjsAnswer): void;
  onmessage: ((event: MessageEvent<TfjsCall>) => void) | null;
}
const scope = globalThis as unknown as Scope;

let contestant: Contestant | undefined;

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage({ value: await answer(data) });
  } catch (error) {
    scope.postMessage({ fault: error instanceof Error ? error.message : String(error) });
  }
};

async function answer(call: TfjsCall): Promise<unknown> {
  const tfjs = await import("./tfjs.ts");
  switch (call.method) {
    case "load":
      return tfjs.load();
    case "enter":
      contestant = await tfjs.enter(call.task);
      return;
    case "step":
      return contestant?.step(call.steps);
    case "reset":
      return contestant?.reset();
    case "dispose":
      await contestant?.dispose();
      contestant = undefined;
      return;
  }
}
