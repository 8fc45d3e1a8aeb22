import { spawn } from "node:child_process";

/** Ends each command that runs, with its children. @type {Set<() => void>} */
const running = new Set();

/** An exit ends what was started: detached groups would live on. */
process.on("exit", () => {
  for (const kill of running) kill();
});
for (const [signal, number] of /** @type {const} */ ([
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGTERM", 15],
])) {
  process.on(signal, () => process.exit(128 + number));
}

/**
 * Runs a command with this terminal's output and returns its exit status; past `timeout` ms it and its children are
 * killed and the status is 124.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, timeout: number }} options
 * @returns {Promise<number>}
 */
export function run(command, args, { env = process.env, timeout }) {
  return new Promise((resolve) => {
    // A group of its own, so that browsers and workers end with it.
    const child = spawn(command, args, { env, stdio: ["ignore", "inherit", "inherit"], detached: true });
    let late = false;
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    };
    running.add(kill);
    const timer = setTimeout(() => {
      late = true;
      console.error(`killed after ${timeout / 1000} s: ${[command, ...args].join(" ")}`);
      kill();
    }, timeout);
    /** @param {number} status */
    const end = (status) => {
      clearTimeout(timer);
      running.delete(kill);
      kill();
      resolve(late ? 124 : status);
    };
    child.once("error", (error) => {
      console.error(error.message);
      end(127);
    });
    child.once("exit", (code) => end(code ?? 1));
  });
}
