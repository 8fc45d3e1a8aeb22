import { spawn } from "node:child_process";
import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The built command line, as a person runs it. */

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Within the project, so that it finds the adapters' packages; one for each test file, since these run at once. */
const command = join(root, "node_modules/.cache/chainrule", `cli-${process.pid}.mjs`);

export const digits = join(root, "data/digits.csv");

/** What one run left behind. */
export interface Outcome {
  /** Of a command that a signal ended, 128 and its number, as in a shell. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own, in which commands run. */
export interface Workplace {
  readonly folder: string;
  write(name: string, content: string | Uint8Array): void;
  files(): string[];
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  remove(): void;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Sent, one after the other, as soon as stderr holds the text. */
  readonly signals?: { readonly after: string; readonly names: readonly NodeJS.Signals[] };
  /** Runs a copy that lies where no package is installed. */
  readonly alone?: boolean;
  /** Closes stdout at once, as `| true` does. */
  readonly deafReader?: boolean;
  /** A file that stdout goes into. */
  readonly into?: string;
  /** A file that stderr goes into. */
  readonly errorsInto?: string;
  /** Has stderr pass for a terminal. */
  readonly terminal?: boolean;
}

export function createWorkplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), "chainrule-cli-test-"));
  return {
    folder,
    write: (name, content) => writeFileSync(join(folder, name), content),
    files: () => readdirSync(folder).sort(),
    run: (args, options) => run(folder, args, options),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Builds the command line from the sources as they are, as `vite build --mode cli` does. @returns what removes it */
export async function buildCommand(): Promise<() => void> {
  const script = `
    const { build } = await import("vite");
    const [{ code }] = (await build({ mode: "cli", logLevel: "warn", build: { write: false } })).output;
    process.stdout.write(code);`;
  const { status, stdout, stderr } = await start(root, ["--input-type=module", "--eval", script], {
    env: { NODE_ENV: "production" },
  });
  if (status !== 0) throw new Error(`the build of the command line failed:\n${stderr}`);
  mkdirSync(dirname(command), { recursive: true });
  writeFileSync(command, stdout);
  return () => rmSync(command, { force: true });
}

async function run(folder: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  if (!options.alone) return start(folder, [command, ...args], options);
  const other = mkdtempSync(join(tmpdir(), "chainrule-cli-alone-"));
  try {
    const copy = join(other, "cli.mjs");
    copyFileSync(command, copy);
    return await start(folder, [copy, ...args], options);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
}

/** What makes stderr pass for a terminal, on machines that lack pseudo-terminals too. */
const asTerminal = { NODE_OPTIONS: "--import=data:text/javascript,process.stderr.isTTY=true", TERM: "xterm" };

function start(cwd: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  const { env, signals, deafReader, into, errorsInto, terminal } = options;
  return new Promise((resolve, reject) => {
    const outputs = [into, errorsInto].map((path) => (path === undefined ? "pipe" : openSync(path, "w")));
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...(terminal ? asTerminal : {}), ...env },
      stdio: ["ignore", ...outputs],
    });
    for (const output of outputs) if (output !== "pipe") closeSync(output);
    const timer = setTimeout(() => child.kill("SIGKILL"), 50_000);
    let stdout = "";
    let stderr = "";
    let signalled = false;
    if (deafReader) child.stdout?.destroy();
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (signalled || !signals || !stderr.includes(signals.after)) return;
      signalled = true;
      for (const name of signals.names) child.kill(name);
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const status = signal === null ? code : 128 + constants.signals[signal];
      resolve({ status, stdout, stderr });
    });
  });
}
