import { fileError } from "./files.ts";

/** Writes text to stdout and waits until it is out. */
export const print = (text: string): Promise<void> =>
  new Promise((resolve) => {
    // An error, such as a reader that went away, is the business of the stream's own handler.
    process.stdout.write(text, () => resolve());
  });

/**
 * Ends the process with one line where output cannot be written, such as into a full disk. A reader that has seen enough
 * (`chainrule … | head`) is no fault: what is left to say goes nowhere.
 */
export function watchOutput(): void {
  for (const [name, stream] of Object.entries({ stdout: process.stdout, stderr: process.stderr })) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      const fault = fileError(name, error, "output that can be written", "make room, or write elsewhere");
      if (stream !== process.stderr) process.stderr.write(`error: ${fault.message}\n`);
      process.exit(1);
    });
  }
}
