import { type ChainruleError, type Fault, ModelError } from "../errors.ts";
import { remedyFor } from "./nearest.ts";

/** A value as a message names it: `"relu"`, `3`, `undefined`, `a list of 2`; no more than the beginning of a long one. */
export const show = (value: unknown): string => {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return (typeof value === "string" ? JSON.stringify(value) : String(value)).slice(0, 80);
};

/** What a call describes: its values were looked at, and cannot change. A copy with other values can, and is not taken for one. */
export const described = <T extends object>(description: T): T => Object.freeze(description);

/** Whether a value is what such a call gave. */
export const isDescribed = (value: object): boolean => Object.isFrozen(value);

/**
 * Checks the options of a call, which plain JavaScript may leave out or misspell.
 * @param required names that must be there, parted by spaces
 * @param optional names that may be there
 * @param flags names that may be there, with true or false
 * @throws ModelError
 */
export function checkOptions(where: string, options: unknown, required: string, optional = "", flags = ""): void {
  const needed = words(required);
  const known = [...new Set([...needed, ...words(optional), ...words(flags)])];
  checkObject(where, options, known.join(", "));
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    refuse(where, `option ${show(name)}`, known.join(", "), remedyFor(name, known, `leave ${name} out`));
  }
  for (const name of needed) {
    if (options[name] === undefined) refuse(where, `no ${name}`, needed.join(", "), `add ${name}`);
  }
  for (const name of words(flags)) {
    if ([true, false, undefined].includes(options[name] as boolean)) continue;
    refuse(where, `${name} ${show(options[name])}`, "true or false", `set ${name} to true or false`);
  }
}

/** @param names what the object may hold, for messages @throws ModelError unless `value` is an object, and no list */
export function checkObject(
  where: string,
  value: unknown,
  names: string,
): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  refuse(where, show(value), `an object of ${names}`, "give an object");
}

/** @param what the value's name, for messages @throws ModelError, or an error of another kind, unless `value` is one of a few words */
export function checkWord(where: string, what: string, value: unknown, allowed: readonly unknown[], kind?: Kind): void {
  if (allowed.includes(value)) return;
  const remedy = remedyFor(String(value), allowed.map(String), "choose one of these");
  refuse(where, `${what}${show(value)}`, `one of ${allowed.join(", ")}`, remedy, kind);
}

/** A class of errors. */
export type Kind = new (fault: Fault) => ChainruleError;

/** @throws ModelError, or an error of another kind */
export function refuse(where: string, got: string, expected: string, remedy: string, Kind: Kind = ModelError): never {
  throw new Kind({ where, got, expected, remedy });
}

const words = (text: string): readonly string[] => text.match(/\w+/g) ?? [];
