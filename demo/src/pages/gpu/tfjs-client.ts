import { startWorker } from "../../scripts.ts";
import type { Enter } from "./contestants.ts";
import type { TfjsAnswer, TfjsCall } from "./tfjs-worker.ts";
import script from "./tfjs-worker.ts?worker&url";

/** TensorFlow.js in its worker. */
export interface Tfjs {
  readonly version: string;
  readonly enter: Enter;
  /** Ends the worker, and with it its GPUDevice. */
  end(): void;
}

/** Loads TensorFlow.js into a worker of its own. @throws where it does not load or has no WebGPU */
export async function loadTfjs(): Promise<Tfjs> {
  const worker = startWorker(script, "tfjs");
  const call = (message: TfjsCall): Promise<unknown> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<TfjsAnswer>) =>
        "fault" in data ? reject(new Error(data.fault)) : resolve(data.value);
      worker.onerror = ({ message }) => reject(new Error(message || "the worker of TensorFlow.js did not load"));
      worker.onmessageerror = () => reject(new Error("an answer of TensorFlow.js could not be read"));
      worker.postMessage(message);
    });
  try {
    const version = String(await call({ method: "load" }));
    return {
      version,
      async enter(task) {
        await call({ method: "enter", task });
        return {
          step: async (steps) => Number(await call({ method: "step", steps })),
          reset: async () => void (await call({ method: "reset" })),
          dispose: async () => void (await call({ method: "dispose" })),
        };
      },
      end: () => worker.terminate(),
    };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}
