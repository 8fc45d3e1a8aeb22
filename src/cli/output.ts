import { inspect } from "node:util";
import { brief, visible } from "../brief.ts";
import { fileError } from "./files.ts";

/**
 * A stream that text goes to, which may be a terminal's. It has no `write`: the functions of this file alone write, so that nothing
 * reaches it which a file or a command has brought along and a terminal would obey.
 */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** As a stream, for what draws by control codes of its own, such as a bar. */
export const streamOf = (output: Output): NodeJS.WritableStream => output as NodeJS.WritableStream;

/** Writes lines, each of letters that are seen. */
export const say = (output: Output, ...lines: readonly string[]): void => {
  streamOf(output).write(`${lines.map(visible).join("\n")}\n`);
};

/** Says text of the program's own, which may have many lines. */
export const sayText = (output: Output, text: string): void => say(output, ...text.replace(/\n$/, "").split("\n"));

/** Says an error of the program's own making with where it was made, or another one with what is known of it. */
export function sayFault(output: Output, fault: unknown): void {
  let text = inspect(fault);
  // What it says may be text of a file.
  for (let error = fault; error instanceof Error; error = error.cause) {
    if (error.message !== "") text = text.replaceAll(error.message, brief(error.message, 300));
  }
  sayText(output, text);
}

/** Writes text as it is, and waits until it is out. */
const send = (output: Output, text: string): Promise<void> =>
  new Promise((resolve) => {
    // An error, such as a reader that went away, is the business of the stream's own handler.
    streamOf(output).write(text, () => resolve());
  });

/** Waits until all that was said is out. */
export const flush = (output: Output): Promise<void> => send(output, "");

/** Letters that are gathered before they are written. */
const PIECE = 1 << 16;

/** Pieces of many lines out of lines, each with its end. */
export function* piecesOf(lines: Iterable<string>): Iterable<string> {
  let piece = "";
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

/** Writes lines that a program is to read as they are, and a person in letters that are seen: a piece at a time, as fast as it is read. */
export async function sendLines(output: Output, lines: Iterable<string>): Promise<void> {
  for (const piece of piecesOf(output.isTTY ? visibleLines(lines) : lines)) await send(output, piece);
}

function* visibleLines(lines: Iterable<string>): Iterable<string> {
  for (const line of lines) yield visible(line);
}

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
    say(stderr, `error: ${fault.message}`);
    process.exit(1);
  });
}
