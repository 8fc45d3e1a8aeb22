import { type Profiler, Session } from "node:inspector";
import { expect } from "vitest";
import { expectGrowth } from "./linear.ts";

/** What looks at elements without a call for each. */
const walks = [
  Symbol.iterator,
  "concat",
  "entries",
  "flat",
  "includes",
  "indexOf",
  "join",
  "keys",
  "slice",
  "splice",
] as const;
const lists = ["entries", "keys", "values", "fromEntries", "assign"] as const;

/** A method of a prototype that is replaced while work is counted. */
type Method = (this: unknown, ...given: unknown[]) => unknown;

/**
 * The work of a call, counted so that neither the clock nor another process has a say: the calls of all functions of the library,
 * those given to `map`, `find` and their like among them, and the elements that are gone through without one.
 */
export async function workOf(call: () => unknown): Promise<number> {
  const session = new Session();
  session.connect();
  let elements = 0;
  const undo: (() => void)[] = [];
  const count = (target: object, name: PropertyKey, lengthOf: (self: unknown, result: unknown) => number) => {
    const own = Object.getOwnPropertyDescriptor(target, name) as PropertyDescriptor;
    const original = own.value as Method;
    const value: Method = function (...given) {
      const result = original.apply(this, given);
      elements += lengthOf(this, result);
      return result;
    };
    Object.defineProperty(target, name, { ...own, value });
    undo.push(() => Object.defineProperty(target, name, own));
  };
  try {
    await post(session, "Profiler.enable");
    await post(session, "Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    for (const name of walks) count(Array.prototype, name, (self) => (self as ArrayLike<unknown>).length);
    for (const name of lists) count(Object, name, (_, result) => (Array.isArray(result) ? result.length : 1));
    await call();
    while (undo.length > 0) undo.pop()?.();
    const { result } = (await post(session, "Profiler.takePreciseCoverage")) as Profiler.TakePreciseCoverageReturnType;
    const own = result.filter(({ url }) => /\/(src|shaders)\//.test(url));
    const calls = own.flatMap(({ functions }) => functions.map(({ ranges }) => ranges[0]?.count ?? 0));
    return calls.reduce((sum, one) => sum + one, elements);
  } finally {
    while (undo.length > 0) undo.pop()?.();
    session.disconnect();
  }
}

const post = (session: Session, method: string, given: object = {}): Promise<unknown> =>
  new Promise((resolve, reject) => {
    session.post(method, given, (error, result) => (error ? reject(error) : resolve(result)));
  });

/** Asserts that the work of a call grows as a size does. @param prepare what is to be counted of a size */
export async function expectLinear(size: number, prepare: (size: number) => (() => unknown) | Promise<() => unknown>) {
  // What is loaded by the first call alone is no part of the work.
  await (await prepare(1))();
  const work: number[] = [];
  for (const one of [size, 2 * size, 4 * size]) work.push(await workOf(await prepare(one)));
  const [first = 0, second = 0] = work;
  // Had nothing been counted, nothing would grow.
  expect(second - first).toBeGreaterThan(size);
  expectGrowth(size, work, "work");
}
