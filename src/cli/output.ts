/** Writes text to stdout and waits until it is out. */
export const print = (text: string): Promise<void> =>
  new Promise((resolve) => {
    // An error, such as a reader that went away, is the business of the stream's own handler.
    process.stdout.write(text, () => resolve());
  });

/** A reader that has seen enough (`chainrule … | head`) is no fault: what is left to say goes nowhere. */
export function ignoreBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}
