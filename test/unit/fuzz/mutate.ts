import * as fc from "fast-check";
import { hostile, numbers } from "./atoms.ts";
import { encode, type Reach } from "./format.ts";

/** A change of bytes. Places are parts of 2¹⁶ of the length, so that they fit whatever stands there by then. */
type Mutation =
  | { readonly kind: "flip"; readonly at: number; readonly mask: number }
  | { readonly kind: "insert"; readonly at: number; readonly text: string }
  | { readonly kind: "cut" | "truncate"; readonly at: number; readonly length: number }
  | { readonly kind: "repeat"; readonly at: number; readonly length: number; readonly times: number }
  | {
      readonly kind: "splice";
      readonly at: number;
      readonly seed: number;
      readonly from: number;
      readonly length: number;
    }
  | { readonly kind: "number"; readonly at: number; readonly text: string };

/** Most bytes that mutation makes. */
const MOST = 1_000_000;

const place = fc.integer({ min: 0, max: 0xffff });
const few = fc.integer({ min: 1, max: 24 });

const mutation = (reach: Reach): fc.Arbitrary<Mutation> => {
  const times = fc.integer({ min: 1, max: 60 });
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant("flip" as const), at: place, mask: fc.integer({ min: 1, max: 255 }) }),
    },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("insert" as const), at: place, text: hostile(reach) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("cut" as const), at: place, length: few }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("truncate" as const), at: place, length: few }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("repeat" as const),
        at: place,
        length: few,
        times:
          reach === "short"
            ? times
            : fc.oneof(
                { weight: 60, arbitrary: times },
                { weight: 1, arbitrary: fc.integer({ min: 1000, max: 60_000 }) },
              ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("splice" as const),
        at: place,
        seed: fc.nat(1000),
        from: place,
        length: few,
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant("number" as const), at: place, text: fc.constantFrom(...numbers) }),
    },
  );
};

/** The bytes with those from `from` to `to` replaced. */
function replaced(bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array {
  const made = new Uint8Array(bytes.length - (to - from) + by.length);
  made.set(bytes.subarray(0, from));
  made.set(by, from);
  made.set(bytes.subarray(to), from + by.length);
  return made;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** Where the next number after a place stands, from its first digit to its last. */
function numberAfter(bytes: Uint8Array, at: number): readonly [from: number, to: number] {
  let from = at;
  while (from < bytes.length && !isDigit(bytes[from])) from++;
  let to = from;
  while (isDigit(bytes[to])) to++;
  return [from, to];
}

function mutated(bytes: Uint8Array, change: Mutation, seeds: readonly Uint8Array[]): Uint8Array {
  const at = Math.floor((change.at * (bytes.length + 1)) / 0x1_0000);
  switch (change.kind) {
    case "flip": {
      const copy = Uint8Array.from(bytes);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ change.mask;
      return copy;
    }
    case "insert":
      return replaced(bytes, at, at, encode(change.text));
    case "cut":
      return replaced(bytes, at, Math.min(bytes.length, at + change.length), new Uint8Array());
    case "truncate":
      return bytes.subarray(0, at);
    case "repeat": {
      const piece = bytes.subarray(at, at + change.length);
      const times = Math.min(change.times, Math.floor(MOST / (piece.length + 1)));
      const many = new Uint8Array(piece.length * times);
      for (let i = 0; i < times; i++) many.set(piece, i * piece.length);
      return replaced(bytes, at, at, many);
    }
    case "splice": {
      const other = seeds[change.seed % seeds.length] ?? bytes;
      const from = Math.floor((change.from * other.length) / 0x1_0000);
      return replaced(bytes, at, at, other.subarray(from, from + 4 * change.length));
    }
    case "number": {
      const [from, to] = numberAfter(bytes, at);
      return replaced(bytes, from, to, encode(change.text));
    }
  }
}

/** Changes of bytes, one after the other. */
export type Mutate = (bytes: Uint8Array) => Uint8Array;

/** @param least how many changes at least */
export const mutations = (seeds: readonly Uint8Array[], reach: Reach, least: number): fc.Arbitrary<Mutate> =>
  fc
    .array(mutation(reach), { minLength: least, maxLength: 6 })
    .map(
      (changes) => (bytes) =>
        changes.reduce((changed, change) => (changed.length > MOST ? changed : mutated(changed, change, seeds)), bytes),
    );

/** Seeds, each changed in a few places. */
export const mutants = (seeds: readonly Uint8Array[], reach: Reach): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.constantFrom(...seeds), mutations(seeds, reach, 1)).map(([seed, mutate]) => mutate(seed));
