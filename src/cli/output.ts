import { fileError } from "./files.ts";
import type { Output } from "./terminal.ts";

/** Writes text and waits until it is out. */
export const print = (stream: Output, text: string): Promise<void> =>
  new Promise((resolve) => {
    // An error, such as a reader that went away, is the business of the stream's own handler.
    stream.write(text, () => resolve());
  });

/** Writes lines. */
export const say = (stream: Output, ...lines: readonly string[]): void => {
  stream.write(`${lines.join("\n")}\n`);
};

/** Of a reader that has seen enough (`chainrule … | head`), and of a terminal that was closed. */
const goneReader: readonly (string | undefined)[] = ["EPIPE", "EIO"];

/**
 * Ends the process with one line where results cannot be written to stdout, such as into a full disk. A reader that went
 * away is no fault: what is left to say goes nowhere. Nor is stderr, since what it says of a work must not cost the work.
 */
export function watchOutput({ stdout, stderr }: Pick<NodeJS.Process, "stdout" | "stderr"> = process): void {
  stderr.on("error", () => {});
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (goneReader.includes(error.code)) return;
    const fault = fileError("stdout", error, "output that can be written", "make room, or write elsewhere");
    stderr.write(`error: ${fault.message}\n`);
    process.exit(1);
  });
}
