import { Buffer } from "node:buffer";
import type * as fc from "fast-check";
import { ChainruleError } from "../../../src/errors.ts";
import { Unfit } from "../../../src/model/unfit.ts";

/** What became of an input: it was read, or refused by an error that says why. */
export type Verdict = "accepted" | "refused";

export interface Input {
  /** What a file, an address or a storage holds. */
  readonly bytes: Uint8Array;
}

/** How long inputs may be: those of `npm test` are short, those on demand have a tail of long ones. */
export type Reach = "short" | "long";

/** One of the formats that hostile input comes in. */
export interface Format {
  /** Bytes that an input may take for each of its own; 20 if left out. */
  readonly ratio?: number;
  /** Draws inputs: from the format's grammar with hostile words in it, and by mutation of seeds. */
  arbitrary(reach: Reach): fc.Arbitrary<Input>;
  /** Reads an input and checks what comes of it. @throws what is a fault */
  check(input: Input): Verdict | Promise<Verdict>;
  close?(): void;
}

/** Letters that command a terminal, or turn the order of its text. */
const commands = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

const MOST_LETTERS = 300;

/** @throws where a text that is to be printed commands the terminal, or is too long */
export function checkPrinted(text: string, what: string, most = MOST_LETTERS): void {
  if (text.length > most) throw new Error(`${what} of ${text.length} letters: ${text.slice(0, 100)}`);
  const letter = commands.exec(text)?.[0];
  if (letter !== undefined) throw new Error(`${what} holds ${JSON.stringify(letter)} raw: ${JSON.stringify(text)}`);
}

/** Reads something that refuses by an error of the library, in four parts. @throws whatever else is thrown */
export async function read(work: () => Verdict | Promise<Verdict>): Promise<Verdict> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Unfit) throw new Error("a check without its words reached the caller", { cause: error });
    if (!(error instanceof ChainruleError)) throw error;
    const { where, got, expected, remedy } = error;
    for (const [part, text] of Object.entries({ where, got, expected, remedy })) {
      if (typeof text !== "string" || text === "") throw new Error(`a refusal without ${part}: ${error.message}`);
    }
    checkPrinted(error.message, "a refusal");
    return "refused";
  }
}

/** By whom it is measured what a reading takes: bytes in use, those of what is made only to judge it, and whether it is left out. */
export const meter = { inUse: () => 0, aside: 0, only: false };

/** Does what only a test does: it is not measured. */
export function aside<T>(work: () => T): T {
  const before = meter.inUse();
  const result = work();
  meter.aside += meter.inUse() - before;
  return result;
}

/** Judges what was read; not where the reading alone is measured. */
export function afterwards(work: () => void): void {
  if (!meter.only) aside(work);
}

const own = (object: object): string => Reflect.ownKeys(object).map(String).join();
const prototypes = [Object, Array, Function, String, Number, Map, Error, Promise].map(({ prototype }) => prototype);
const before = prototypes.map(own);

/** @throws where what all objects inherit from has grown */
export function checkPrototypes(): void {
  for (const [index, prototype] of prototypes.entries()) {
    if (own(prototype) !== before[index]) throw new Error(`a prototype now holds ${own(prototype)}`);
  }
}

/** Reads an input by a format and looks for what it may leave behind. @throws what is a fault */
export async function judge(format: Format, input: Input): Promise<Verdict> {
  const verdict = await format.check(input);
  checkPrototypes();
  return verdict;
}

/** An input as a person reads it, and as a test can hold it: bytes as text where they are UTF-8. */
export function show({ bytes, ...rest }: Input): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const same = Buffer.from(text).equals(bytes);
  return JSON.stringify({ ...rest, ...(same ? { text } : { base64: Buffer.from(bytes).toString("base64") }) });
}

/**
 * For what a page reads by the browser's own URL and URLSearchParams: those of Node are JavaScript, and take up to 64 bytes for each
 * letter that they escape.
 */
export const BROWSER_RATIO = 100;

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
