import { faultOf } from "../../tools/regexps.mjs";

/** What was done: letters looked at, elements gone through, strings and numbers made. None of it depends on the machine. */
export interface Steps {
  readonly steps: number;
  /** Of typed arrays. */
  readonly bytes: number;
}

type Method = (this: unknown, ...given: unknown[]) => unknown;

const length = (value: unknown): number => (value as { readonly length: number }).length;

const slow = new Map<string, boolean>();

/** Letters that a regular expression looks at: those of the text from `from` to the match's end, and each as often where it backtracks. */
function lettersOf({ source, flags }: RegExp, text: string, from: number, match: unknown): number {
  const letters =
    (match === null ? text.length : (match as RegExpExecArray).index + length((match as RegExpExecArray)[0])) - from;
  const key = `/${source}/${flags}`;
  if (!slow.has(key)) slow.set(key, faultOf({ file: "", line: 0, source, flags }) !== undefined);
  return slow.get(key) ? letters ** 2 : letters;
}

/** Steps of a call, by what it was called on and with, and what it gave. */
type Count = (on: unknown, given: readonly unknown[], result: unknown, from: number) => number;

const one: Count = () => 1;
const all: Count = (on) => length(on) + 1;
/** A regular expression counts for itself: this and `test` call its `exec`. */
const replaced: Count = (on, [pattern]) => (pattern instanceof RegExp ? 1 : length(on) + 1);
const found: Count = (on, [, from], result) =>
  Math.abs((Number(result) < 0 ? length(on) : Number(result)) - Number(from ?? 0)) + 1;
const foundBackwards: Count = (on, [, from], result) => Math.abs(Number(from ?? length(on)) - Number(result)) + 1;

const counted: readonly (readonly [object, Readonly<Record<string, Count>>])[] = [
  [
    String.prototype,
    {
      ...{ at: one, charAt: one, charCodeAt: one, codePointAt: one, slice: one, substring: one, substr: one },
      ...{ trim: all, trimStart: all, trimEnd: all, split: all, toLowerCase: all, includes: all },
      ...{ replace: replaced, replaceAll: replaced, indexOf: found, lastIndexOf: foundBackwards },
    },
  ],
  [
    RegExp.prototype,
    {
      exec: (on, [text], match, from) => lettersOf(on as RegExp, String(text), from, match) + 1,
    },
  ],
  [
    Array.prototype,
    {
      ...{ map: all, filter: all, every: all, some: all, find: all, findIndex: all, includes: all, indexOf: found },
      ...{ join: all, slice: all, flatMap: all, flat: all, push: one },
    },
  ],
];

/** Counts what a call does that does not wait. */
export function stepsOf(run: () => unknown): Steps {
  let [steps, bytes, quiet] = [0, 0, false];
  const undo: (() => void)[] = [];
  for (const [prototype, methods] of counted) {
    for (const [name, count] of Object.entries(methods)) {
      const own = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
      const call = own.value as Method;
      const counting: Method = function (this: unknown, ...given) {
        const from = this instanceof RegExp && (this.global || this.sticky) ? this.lastIndex : 0;
        const result = Reflect.apply(call, this, given);
        // What a count itself calls is no work.
        if (!quiet) {
          quiet = true;
          steps += count(this, given, result, from);
          quiet = false;
        }
        return result;
      };
      Object.defineProperty(prototype, name, { ...own, value: counting });
      undo.push(() => Object.defineProperty(prototype, name, own));
    }
  }
  for (const name of ["Float64Array", "Float32Array", "Uint32Array"] as const) {
    const own = globalThis[name];
    const construct = (target: typeof own, given: readonly unknown[], made: typeof own) => {
      const array = Reflect.construct(target, given, made === counting ? target : made) as Float64Array;
      if (!(given[0] instanceof ArrayBuffer)) bytes += array.byteLength;
      return array;
    };
    const counting: unknown = new Proxy(own, {
      construct: (target, given, made) => construct(target, given, made as typeof own),
    });
    Object.assign(globalThis, { [name]: counting });
    undo.push(() => Object.assign(globalThis, { [name]: own }));
  }
  try {
    run();
  } finally {
    for (const one of undo) one();
  }
  return { steps, bytes };
}
