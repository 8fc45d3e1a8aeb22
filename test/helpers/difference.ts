import { largestMagnitude } from "./compare.ts";

/** Where two values differ, if they do. @param tolerance relative to the largest number of a list, or 1; of bits if left out */
export function difference(got: unknown, expected: unknown, tolerance = 0, path = ""): string | undefined {
  if (Object.is(got, expected)) return undefined;
  const told = `${path}: got ${show(got)}, expected ${show(expected)}`;
  if (typeof got === "number" && typeof expected === "number") {
    return Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected)) ? undefined : told;
  }
  if (got instanceof Float32Array && expected instanceof Float32Array && tolerance > 0) {
    const allowed = tolerance * Math.max(1, largestMagnitude(expected));
    const at = got.length === expected.length ? got.findIndex((value, i) => !close(value, expected[i], allowed)) : 0;
    return at < 0
      ? undefined
      : `${path}[${at}]: got ${got[at]} of ${got.length}, expected ${expected[at]} of ${expected.length}`;
  }
  if (!isObject(got) || !isObject(expected) || got.constructor !== expected.constructor) return told;
  const names = Object.keys(expected);
  if (Object.keys(got).join() !== names.join()) return told;
  for (const name of names) {
    const found = difference(got[name], expected[name], tolerance, `${path}.${name}`);
    if (found) return found;
  }
  return undefined;
}

const close = (got: number, expected = Number.NaN, allowed: number) =>
  Object.is(got, expected) || Math.abs(got - expected) <= allowed;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const show = (value: unknown): string => (isObject(value) ? JSON.stringify(value)?.slice(0, 300) : String(value));
