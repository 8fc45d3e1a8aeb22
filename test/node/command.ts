import { closeSync, copyFileSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { Interrupt } from "../../src/cli/interrupt.ts";
import { run } from "../../src/cli/run.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { builtCommand, root } from "./built.ts";
import { type Outcome, start } from "./package/process.ts";

/** The command line, in this process or as a person starts it. */

export const digits = join(root, "data/digits.csv");

/** A folder of its own, in which commands run. */
export interface Workplace {
  readonly folder: string;
  write(name: string, content: string | Uint8Array): void;
  files(): string[];
  /** Runs a command in this process, with no variables, no signals and no device but those given. */
  run(args: readonly string[], given?: Given): Promise<Outcome>;
  /** Starts the built command line, for what only a process has: signals, pipes, an adapter of its own. */
  spawn(args: readonly string[], options?: SpawnOptions): Promise<Outcome>;
  remove(): void;
}

export interface Given extends Partial<Pick<Terminal, "env" | "openDevice" | "catchInterrupt">> {
  /** Has both streams pass for a terminal's. */
  readonly terminal?: boolean;
}

export interface SpawnOptions {
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

/** @param openDevice what the commands of this process open; none if left out */
export function createWorkplace(openDevice: Terminal["openDevice"] = noDevice): Workplace {
  const folder = mkdtempSync(join(tmpdir(), "chainrule-cli-test-"));
  return {
    folder,
    write: (name, content) => writeFileSync(join(folder, name), content),
    files: () => readdirSync(folder).sort(),
    run: (args, given) => runHere(args, folder, { openDevice, ...given }),
    spawn: (args, options) => startCommand(folder, args, options),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const noDevice: Terminal["openDevice"] = async () => {
  throw new Error("a command opened a device that was to do without");
};

/** Keeps what is written to it. */
class Kept extends Writable {
  text = "";
  readonly columns = 80;
  readonly isTTY: boolean;
  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }
  override _write(text: string, _: string, done: () => void): void {
    this.text += text;
    done();
  }
}

/** That of a process to which a signal comes or has come, and none later. */
export const interruptedBy = (signal: AbortSignal, status: number | undefined): Interrupt => ({
  signal,
  status,
  during: (work) => work(new AbortController().signal),
  release: () => {},
});

async function runHere(
  args: readonly string[],
  folder: string,
  { terminal = false, ...given }: Given & Pick<Terminal, "openDevice">,
): Promise<Outcome> {
  const [stdout, stderr] = [new Kept(terminal), new Kept(terminal)];
  let held = 0;
  const hold = () => {
    held += 1;
    return () => {
      held -= 1;
    };
  };
  const status = await run(args, {
    folder,
    env: {},
    stdout,
    stderr,
    catchInterrupt: () => ({ ...interruptedBy(new AbortController().signal, undefined), release: hold() }),
    ...given,
  });
  if (held !== 0) throw new Error("a command gave back other than what it took over of its process");
  return { status, stdout: stdout.text, stderr: stderr.text };
}

async function startCommand(folder: string, args: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
  if (!options.alone) return startScript(builtCommand, folder, args, options);
  const other = mkdtempSync(join(tmpdir(), "chainrule-cli-alone-"));
  try {
    const copy = join(other, "cli.mjs");
    copyFileSync(builtCommand, copy);
    return await startScript(copy, folder, args, options);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
}

/** What makes stderr pass for a terminal, on machines that lack pseudo-terminals too. */
const asTerminal = { NODE_OPTIONS: "--import=data:text/javascript,process.stderr.isTTY=true", TERM: "xterm" };

async function startScript(
  script: string,
  cwd: string,
  args: readonly string[],
  { env, signals, deafReader, into, errorsInto, terminal }: SpawnOptions,
): Promise<Outcome> {
  const outputs = [into, errorsInto].map((path) => (path === undefined ? "pipe" : openSync(path, "w")));
  let signalled = false;
  try {
    return await start(
      process.execPath,
      [script, ...args],
      {
        cwd,
        env: { ...process.env, ...(terminal ? asTerminal : {}), ...env },
        stdio: ["ignore", ...outputs],
      },
      (child, stderr) => {
        if (deafReader) child.stdout?.destroy();
        if (signalled || !signals || !stderr.includes(signals.after)) return;
        signalled = true;
        for (const name of signals.names) child.kill(name);
      },
    );
  } finally {
    for (const output of outputs) if (typeof output === "number") closeSync(output);
  }
}
