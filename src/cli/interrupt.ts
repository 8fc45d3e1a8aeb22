/** Signals while a network is in training. The first asks for an end; the second ends the process at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Exit status of the first signal that came, 128 and its number; undefined where none did. */
  readonly status: number | undefined;
  /** Gives signals their usual effect back. */
  release(): void;
}

const statuses = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export function catchInterrupt(): Interrupt {
  const controller = new AbortController();
  let status: number | undefined;
  const onSignal = (signal: keyof typeof statuses) => {
    if (status !== undefined) {
      // Not by process.exit() alone, which takes the GPU's library down below its threads at work and may crash.
      process.emit("exit", statuses[signal]);
      release();
      process.kill(process.pid, signal);
      // A container's first process outlives its own signals.
      process.exit(statuses[signal]);
    }
    status = statuses[signal];
    controller.abort();
  };
  const names = Object.keys(statuses) as (keyof typeof statuses)[];
  const release = () => {
    for (const name of names) process.off(name, onSignal);
  };
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    get status() {
      return status;
    },
    release,
  };
}
