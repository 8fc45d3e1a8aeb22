import { expect } from "vitest";
import { commandLine } from "../../../src/data/command.ts";
import { root } from "../built.ts";
import { readText } from "./consumer.ts";

/** What README.md promises. */
const text = readText(root, "README.md");

/** Its TypeScript, first to last. */
export const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);

/** The complete example, JavaScript and TypeScript at once. */
export const example = blocks[0] ?? "";

/** The programs after it, which take what they need from it. */
export const pieces = blocks.slice(1);

const called = commandLine.replaceAll(".", "\\.");

/** The commands that it shows, as `commandLine` calls them, each with what it says that the command prints. */
export const commands = [
  ...text.matchAll(new RegExp(`^(?:\\$ )?${called} (.*)\\n((?:(?!${called} |\\$ |\`\`\`).*\\n)*)`, "gm")),
].map(([, line = "", output = ""]) => ({ args: line.split(" "), output }));

/** The shares of right rows that the example has printed: in training, epoch by epoch, and at the end on other points. */
function accuraciesOf(output: string): { readonly epochs: number[]; readonly end: number } {
  const numbers = (pattern: RegExp) => [...output.matchAll(pattern)].map(([, share]) => Number(share));
  const [end = Number.NaN] = numbers(/^accuracy on other points: (\S+)$/gm);
  return { epochs: numbers(/^epoch \d+: loss \d+\.\d+, accuracy (\S+)$/gm), end };
}

/** Asserts that the example has printed what it should. */
export function expectTrained(output: string): void {
  const { epochs, end } = accuraciesOf(output);
  expect(epochs).toHaveLength(60);
  expect(epochs[0]).toBeLessThan(0.8);
  expect(epochs.at(-1)).toBeGreaterThan(0.95);
  expect(end).toBeGreaterThan(0.95);
  expect(end).toBeLessThanOrEqual(1);
}
