/**
 * Signals while a network is in training. The first asks for an end; the second ends the process at once, but for work that ends by
 * itself then.
 */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Exit status of the first signal that came, 128 and its number; undefined where none did. */
  readonly status: number | undefined;
  /** Does work that the next signal ends by the signal that the work gets, be it the first or not. */
  during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Gives signals their usual effect back. */
  release(): void;
}

type SignalSource = Pick<NodeJS.Process, "on" | "off" | "emit" | "kill" | "exit" | "pid">;

const statuses = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** @param source that signals come to, and that a second one ends */
export function catchInterrupt(source: SignalSource = process): Interrupt {
  const controller = new AbortController();
  let status: number | undefined;
  let ending: AbortController | undefined;
  const onSignal = (signal: keyof typeof statuses) => {
    if (status !== undefined && ending === undefined) {
      // Not by process.exit() alone, which takes the GPU's library down below its threads at work and may crash.
      source.emit("exit", statuses[signal]);
      release();
      source.kill(source.pid, signal);
      // A container's first process outlives its own signals.
      source.exit(statuses[signal]);
    }
    status ??= statuses[signal];
    controller.abort();
    ending?.abort();
    ending = undefined;
  };
  const names = Object.keys(statuses) as (keyof typeof statuses)[];
  const release = () => {
    for (const name of names) source.off(name, onSignal);
  };
  for (const name of names) source.on(name, onSignal);
  return {
    signal: controller.signal,
    get status() {
      return status;
    },
    async during(work) {
      ending = new AbortController();
      try {
        return await work(ending.signal);
      } finally {
        ending = undefined;
      }
    },
    release,
  };
}
