import { brief } from "../brief.ts";
import { ChainruleError, DeviceError, type Fault, ModelError } from "../errors.ts";
import { remedyForName } from "./nearest.ts";
import { Unfit } from "./unfit.ts";

/**
 * A value as a message names it: `"relu"`, `3`, `undefined`, `a list of 2`, `a value of type Map`, `TypeError: it is none`; no more
 * than the ends of a long one. It never throws, though an object may have no text, or code in place of it.
 */
export const show = (value: unknown): string => {
  try {
    if (Array.isArray(value)) return `a list of ${value.length}`;
    if (typeof value === "bigint") return brief(`${value}n`, 80);
    if (typeof value === "string") return brief(JSON.stringify(value), 80);
    if (Object(value) !== value || value instanceof Error) return brief(String(value), 80);
    return brief(`a value of type ${tagOf(value)}`, 80);
  } catch {
    return `a value of type ${typeof value}`;
  }
};

/** `Object`, `Uint8Array`, `Map`: of what kind a value is; one of another frame or worker is no instance of this one's classes. */
export const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/**
 * Reads what a call was given, of which a getter or a proxy may throw anything.
 * @throws ModelError in its place, of which it is the cause; DeviceError where there is not the memory for a copy
 */
export function reading<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ChainruleError || cause instanceof Unfit) throw cause;
    const got = `${show(cause)} as it was read`;
    // Each engine has an error and words of its own for want of memory.
    const [expected, Kind] = /alloc|memory/.test(got) ? ["less data", DeviceError] : ["plain data", ModelError];
    throw new Kind({ where, got, expected, remedy: `give ${expected}` }, { cause });
  }
}

/** A copy of what an object holds, read once; of what is none, or lets nobody read it, an empty one. */
export function copyOf<T extends object>(value: T): Partial<T> {
  try {
    return { ...value };
  } catch {
    return {};
  }
}

/** A copy of plain data of any depth, to which memory passes; of what has none the value itself, which is for a check to name. */
export function cloneOf<T>(value: T, transfer?: Transferable[]): T {
  try {
    return structuredClone(value, { transfer: transfer as Transferable[] });
  } catch {
    return value;
  }
}

/** A copy of a description of one of so many kinds, whoever made it: what else it holds is for a check to see. Undefined for all else. */
export function ofKind<T extends { readonly kind: string }>(value: T, kinds: readonly T["kind"][]): T | undefined {
  const copy = copyOf(value);
  return kinds.includes(copy.kind as T["kind"]) ? (copy as T) : undefined;
}

/**
 * How a call takes each of its options: 0 where it may be left out, 1 where it must be there, and 2 more where it is true or
 * false. The type tells each number, so that a name that it lacks or does not have, or another number, does not compile.
 */
export type Shape<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K>
    ? IsFlag<T[K]> extends true
      ? 2
      : 0
    : IsFlag<T[K]> extends true
      ? 3
      : 1;
};

type IsFlag<V> = [Exclude<V, undefined>] extends [boolean] ? true : false;

/**
 * Checks the options of a call, which plain JavaScript may leave out or misspell.
 * @returns a copy of those that are given: each was read once, so that what was checked is what is used
 * @throws ModelError
 */
export const checkOptions = <T extends object>(where: string, options: T, shape: Shape<T>): T =>
  reading(where, () => {
    const given = options as Readonly<Record<string, unknown>>;
    const known = Object.entries<number>(shape);
    const names = known.map(([name]) => name);
    const listed = names.join(", ");
    checkObject(where, given, listed);
    for (const name of Object.keys(given)) {
      if (names.includes(name)) continue;
      refuse(where, `option ${show(name)}`, listed, remedyForName(name, names, `leave ${name} out`));
    }
    const copy: Record<string, unknown> = {};
    for (const [name, how] of known) {
      const value = given[name];
      if (value !== undefined) copy[name] = value;
      else if (how % 2) {
        const needed = known.flatMap(([name, how]) => (how % 2 ? [name] : []));
        refuse(where, `no ${name}`, needed.join(", "), `add ${name}`);
      }
      if (how > 1 && ![true, false, undefined].includes(value as boolean)) {
        refuse(where, `${name} ${show(value)}`, "true or false", `set ${name} to true or false`);
      }
    }
    return copy as T;
  });

/** @param names what the object may hold, for messages @throws ModelError unless `value` is an object, and no list */
export function checkObject(
  where: string,
  value: unknown,
  names: string,
): asserts value is Readonly<Record<string, unknown>> {
  // A Map, a promise and their like hold what they have elsewhere than in their keys.
  if (tagOf(value) === "Object") return;
  refuse(where, show(value), `an object of ${names}`, "give an object");
}

/** @param what the value's name, for messages @throws ModelError, or an error of another kind, unless `value` is one of a few words */
export function checkWord(where: string, what: string, value: unknown, allowed: readonly unknown[], kind?: Kind): void {
  if (allowed.includes(value)) return;
  const remedy = remedyForName(typeof value === "string" ? value : "", allowed.map(String), "choose one of these");
  refuse(where, `${what}${show(value)}`, `one of ${allowed.join(", ")}`, remedy, kind);
}

/** A class of errors. */
export type Kind = new (fault: Fault) => ChainruleError;

/** @throws ModelError, or an error of another kind */
export function refuse(where: string, got: string, expected: string, remedy: string, Kind: Kind = ModelError): never {
  throw new Kind({ where, got, expected, remedy });
}
