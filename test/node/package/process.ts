import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { constants } from "node:os";
import { onTestFinished, TestRunner } from "vitest";

/** What a process left behind. */
export interface Outcome {
  /** Of a process that a signal ended, 128 and its number, as in a shell. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts a program that ends with the test at the latest, its own processes too, and waits for it.
 * @param watch sees the process at once, and again with what it has written to stderr so far
 */
export function start(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
  watch: (child: ChildProcess, stderr: string) => void = () => {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // What a hook starts ends with the suite, in whose group it stays.
    const ends = TestRunner.getCurrentTest() !== undefined;
    const child = spawn(program, args, { ...options, detached: ends });
    if (ends) onTestFinished(() => endGroup(child));
    let stdout = "";
    let stderr = "";
    watch(child, stderr);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      watch(child, stderr);
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const status = signal === null ? code : 128 + constants.signals[signal];
      resolve({ status, stdout, stderr });
    });
  });
}

/** Ends a process that leads a group, and whatever it has started: npm's and Deno's launchers start others. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // All of them have ended.
  }
}

/** Runs a program in a folder. */
export const run = (cwd: string, program: string, args: readonly string[]): Promise<Outcome> =>
  start(program, args, { cwd, env: environment(), stdio: ["ignore", "pipe", "pipe"] });

/** Runs a program that must succeed. @returns what it wrote to stdout */
export async function runWell(cwd: string, program: string, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await run(cwd, program, args);
  if (status !== 0) throw new Error(`${[program, ...args].join(" ")}: status ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

/** The suite's variables, which tell Dawn and Deno their adapter, less those by which npm tells where it was called. */
const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|VITEST|NODE_ENV$)/.test(name)),
  ),
  DENO_NO_UPDATE_CHECK: "1",
  NO_COLOR: "1",
});
