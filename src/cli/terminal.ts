import type { Device } from "../device/open.ts";
import { catchInterrupt, type Interrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";
import { openAdapter } from "./software-adapter.ts";

/** What the commands have of the world: the process's own, or one that a test has made. */
export interface Terminal {
  /** The folder that paths lead from. Left out, the process's own. */
  readonly folder?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** The device belongs to who gives it; the commands free what they make on it. */
  openDevice(): Promise<Device>;
  catchInterrupt(): Interrupt;
}

/** That of the process that runs a command and nothing else. */
export function processTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  return { env, stdout, stderr, openDevice: () => openAdapter(env.CHAINRULE_ADAPTER), catchInterrupt };
}
