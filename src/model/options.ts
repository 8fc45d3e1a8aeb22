import { brief } from "../brief.ts";
import { type ChainruleError, type Fault, ModelError } from "../errors.ts";
import { remedyForName } from "./nearest.ts";

/**
 * A value as a message names it: `"relu"`, `3`, `undefined`, `a list of 2`, `a value of type Map`; no more than the ends of a long
 * one. It never throws, though an object may have no text, or code in place of it.
 */
export const show = (value: unknown): string => {
  try {
    if (Array.isArray(value)) return `a list of ${value.length}`;
    if (typeof value === "bigint") return brief(`${value}n`, 80);
    if (typeof value === "string") return brief(JSON.stringify(value), 80);
    if (Object(value) !== value) return String(value);
    return brief(`a value of type ${Object.prototype.toString.call(value).slice(8, -1)}`, 80);
  } catch {
    return `a value of type ${typeof value}`;
  }
};

/** Whether a value may be one of so many kinds of descriptions, whoever made it: what else it holds is for a check to see. */
export const isOfKind = (value: unknown, kinds: readonly string[]): boolean =>
  kinds.includes((value as { readonly kind: string } | null | undefined)?.kind as string);

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

/** Checks the options of a call, which plain JavaScript may leave out or misspell. @throws ModelError */
export function checkOptions<T extends object>(where: string, options: T, shape: Shape<T>): void {
  const given = options as Readonly<Record<string, unknown>>;
  const known = Object.entries<number>(shape);
  const names = known.map(([name]) => name);
  checkObject(where, given, names.join(", "));
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    refuse(where, `option ${show(name)}`, names.join(", "), remedyForName(name, names, `leave ${name} out`));
  }
  for (const [name, how] of known) {
    const value = given[name];
    if (how % 2 && value === undefined) {
      const needed = known.flatMap(([name, how]) => (how % 2 ? [name] : []));
      refuse(where, `no ${name}`, needed.join(", "), `add ${name}`);
    }
    if (how > 1 && ![true, false, undefined].includes(value as boolean)) {
      refuse(where, `${name} ${show(value)}`, "true or false", `set ${name} to true or false`);
    }
  }
}

/** @param names what the object may hold, for messages @throws ModelError unless `value` is an object, and no list */
export function checkObject(
  where: string,
  value: unknown,
  names: string,
): asserts value is Readonly<Record<string, unknown>> {
  // A Map and its like hold their entries elsewhere than in their keys.
  if (typeof value === "object" && value !== null && !(Symbol.iterator in value)) return;
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
