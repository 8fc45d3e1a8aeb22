import { spawn } from "node:child_process";

/** What a process left behind. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest time in ms that a process may take. */
const LIMIT = 50_000;

/** Runs a program in a folder; past the limit it is killed with its children. */
export function run(cwd: string, program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: environment(), stdio: ["ignore", "pipe", "pipe"], detached: true });
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"), LIMIT);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (status) => {
      clearTimeout(timer);
      resolve({ status, stdout, stderr });
    });
  });
}

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
