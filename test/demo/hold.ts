import type { JSHandle, Page } from "playwright";
import { until } from "./browser.ts";

/** What is held up, and whether somebody waits for it. */
interface Hold {
  asked: boolean;
  release(): void;
}

/**
 * Holds up what is asked of the workers that read files from now on, as a file does that takes for ever.
 * @param name of the workers: `table` or `picture`
 */
export async function holdWorkers(page: Page, name: string) {
  const hold = await page.evaluateHandle((name) => {
    const Real = globalThis.Worker;
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const hold: Hold = {
      asked: false,
      release() {
        globalThis.Worker = Real;
        go();
      },
    };
    globalThis.Worker = class extends Real {
      readonly #name: string | undefined;

      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        this.#name = options?.name;
      }

      override postMessage(message: unknown, given?: StructuredSerializeOptions | Transferable[]) {
        const send = () => super.postMessage(message, given as Transferable[]);
        if (this.#name !== name) return send();
        hold.asked = true;
        void held.then(send);
      }
    };
    return hold;
  }, name);
  return controlsOf(hold);
}

/** What a test does with what its page holds up. */
export const controlsOf = (hold: JSHandle<Hold>) => ({
  /** @returns once something is held up */
  asked: () =>
    until(
      () => hold.evaluate(({ asked }) => asked),
      (asked) => asked,
    ),
  release: () => hold.evaluate((held) => held.release()),
});
