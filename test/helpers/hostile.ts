import { ChainruleError } from "../../src/errors.ts";

/** What plain JavaScript may give where it should not, and what becomes of it in each place of a call. */

const broken = () => {
  throw new TypeError("of its own");
};

/** An object of which every question throws. */
const throwing = () => new Proxy({}, { get: broken, has: broken, ownKeys: broken, getPrototypeOf: broken });

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** Takes the memory of an array away. */
function detached<T extends ArrayBufferView | ArrayBuffer>(values: T): T {
  const buffer = ArrayBuffer.isView(values) ? values.buffer : values;
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
  return values;
}

/** A list that says that it is so long. */
const long = (length: unknown) => ({ length });

/** Values by name, each made anew. */
export const hostile: Readonly<Record<string, () => unknown>> = {
  null: () => null,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  "-1": () => -1,
  "0.5": () => 0.5,
  "2**32": () => 2 ** 32,
  "2**40": () => 2 ** 40,
  "2**53": () => 2 ** 53,
  true: () => true,
  bigint: () => 5n,
  symbol: () => Symbol("of its own"),
  "empty text": () => "",
  "5": () => "5",
  constructor: () => "constructor",
  __proto__: () => "__proto__",
  toString: () => "toString",
  function: () => () => 1,
  class: () => class {},
  "empty list": () => [],
  "list of a list": () => [[]],
  "list of a symbol": () => [Symbol("of its own")],
  "list of a bigint": () => [1n, 2n],
  holes: () => new Array(5),
  "list of many holes": () => new Array(2 ** 32 - 1),
  Map: () => new Map<unknown, unknown>([["W1", [1, 2]]]),
  Set: () => new Set([1, 2]),
  WeakMap: () => new WeakMap(),
  Date: () => new Date(0),
  RegExp: () => /x/,
  Promise: () => Promise.resolve({}),
  Error: () => new Error("of its own"),
  Boolean: () => Object(false),
  Number: () => Object(5),
  generator: () =>
    (function* () {
      for (;;) yield 1;
    })(),
  BigInt64Array: () => BigInt64Array.of(1n, 2n),
  "Float64Array of NaN": () => Float64Array.of(Number.NaN),
  "detached Float32Array": () => detached(new Float32Array(4)),
  "detached Uint8Array": () => detached(new Uint8Array(4)),
  ArrayBuffer: () => new ArrayBuffer(8),
  "detached ArrayBuffer": () => detached(new ArrayBuffer(8)),
  DataView: () => new DataView(new ArrayBuffer(8)),
  "no prototype": () => Object.create(null),
  "no text": () => ({ toString: broken, [Symbol.toPrimitive]: broken }),
  "text of a symbol": () => ({ toString: () => Symbol("of its own") }),
  "Proxy that throws": throwing,
  "revoked Proxy": () => revoked({}),
  "revoked Proxy of a list": () => revoked([]),
  "revoked Proxy of a function": () => revoked(() => 1),
  "length -8": () => long(-8),
  "length 0.5": () => long(0.5),
  "length NaN": () => long(Number.NaN),
  "length 2**31": () => long(2 ** 31),
  "length 2**40": () => long(2 ** 40),
  "length 2**53-4": () => long(2 ** 53 - 4),
  "length of a bigint": () => long(5n),
  "length that throws": () => Object.defineProperty({}, "length", { get: broken }),
  "elements that throw": () => Object.defineProperty({ length: 4 }, 0, { get: broken }),
  "kind constructor": () => ({ kind: "constructor" }),
  "kind of a symbol": () => ({ kind: Symbol("of its own") }),
  "kind that throws": () => Object.defineProperty({}, "kind", { get: broken }),
  "unknown key": () => ({ toString: 1 }),
  "key __proto__": () => JSON.parse('{ "__proto__": 1 }'),
};

type Path = readonly (string | number)[];

/** All places in the arguments of a call; of a list the first element alone stands for all. Long lists are one value. */
export function placesIn(given: readonly unknown[]): Path[] {
  const within = (value: unknown, path: Path): Path[] => {
    const names = Array.isArray(value)
      ? value.length > 0 && typeof value[0] !== "number"
        ? [0]
        : []
      : isPlain(value)
        ? Object.keys(value)
        : [];
    return [
      path,
      ...names.flatMap((name) => within((value as Record<string | number, unknown>)[name], [...path, name])),
    ];
  };
  return given.flatMap((value, index) => within(value, [index]));
}

const isPlain = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** The arguments with another value in one place; what holds it is copied. */
export function placed(given: unknown, [name, ...path]: Path, value: unknown): unknown {
  if (name === undefined) return value;
  const copy = (Array.isArray(given) ? [...given] : { ...(given as object) }) as Record<string | number, unknown>;
  copy[name] = placed(copy[name], path, value);
  return copy;
}

/** What comes of a call: `refused` by an error of the library with its four parts, `taken`, or what else it threw. */
export async function outcomeOf(call: () => unknown, free: (made: unknown) => void = () => {}): Promise<string> {
  try {
    free(await call());
    return "taken";
  } catch (error) {
    if (!(error instanceof ChainruleError)) return nameOf(error);
    const { where, got, expected, remedy } = error;
    const isWhole = [where, got, expected, remedy].every((part) => typeof part === "string" && part !== "");
    return isWhole ? "refused" : `an error without its parts: ${error.message}`;
  }
}

const nameOf = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : typeof error);
