import * as fc from "fast-check";
import { hostile, numbers } from "./atoms.ts";
import type { Reach } from "./format.ts";

/** Before a text that is to stand in JSON without quotes, such as a number that JavaScript cannot hold. */
const RAW = "\u0001raw:";

/** A value that is not what stands there. */
const value = (reach: Reach): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...numbers).map((text) => RAW + text) },
    { weight: 4, arbitrary: hostile(reach) },
    {
      weight: 3,
      arbitrary: fc.constantFrom<unknown>(null, true, false, 0, 1, -1, 0.5, 2, 3, 4, "", [], {}, [[]], {
        __proto__: null,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.constantFrom(...numbers).map((text) => RAW + text),
        { maxLength: 4 },
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("[", '{"a":'), fc.integer({ min: 1, max: reach === "long" ? 20_000 : 200 }))
        .map(([open, depth]) => `${RAW}${open.repeat(depth)}1${(open === "[" ? "]" : "}").repeat(depth)}`),
    },
  );

/** Lists or objects in each other, each of them closed, of 1 MB or more: parsed, they take fifty times as much. */
export const nests: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(["[", "]"], ['{"a":', "}"]), fc.integer({ min: 1_000_000, max: 2_000_000 }))
  .map(([[open = "", close = ""], length]) => {
    const depth = Math.ceil(length / (open.length + close.length));
    return `${open.repeat(depth)}1${close.repeat(depth)}`;
  });

/** What is drawn by a format, and where inputs may be long now and then one of these. */
export const withNests = <T>(reach: Reach, usual: fc.Arbitrary<T>, nested: (nest: string) => T): fc.Arbitrary<T> =>
  reach === "long" ? fc.oneof({ weight: 500, arbitrary: usual }, { weight: 1, arbitrary: nests.map(nested) }) : usual;

interface Edit {
  /** Which entry to take at each level, modulo their number. */
  readonly path: readonly number[];
  readonly kind: "set" | "drop" | "add" | "copy";
  readonly key: string;
  readonly value: unknown;
}

const edit = (reach: Reach): fc.Arbitrary<Edit> =>
  fc.record({
    path: fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }),
    kind: fc.constantFrom("set", "set", "set", "drop", "add", "copy"),
    key: hostile("short"),
    value: value(reach),
  });

type Holder = Record<string, unknown>;

/** As an own entry, whatever its name. */
const put = (holder: Holder, key: string, given: unknown) =>
  Object.defineProperty(holder, key, { value: given, enumerable: true, configurable: true, writable: true });

function edited(root: unknown, { path, kind, key, value: drawn }: Edit): unknown {
  // A copy, since the next edit may change it, and the same value is drawn again.
  const given = structuredClone(drawn);
  if (typeof root !== "object" || root === null) return kind === "set" ? given : root;
  let holder = root as Holder;
  let name: string | undefined;
  for (const step of path) {
    const names = Object.keys(holder);
    name = names[step % names.length];
    const next = name === undefined ? undefined : holder[name];
    if (typeof next !== "object" || next === null || step === 0) break;
    if (step % 3 === 0 && kind === "add") break;
    holder = next as Holder;
    name = undefined;
  }
  if (kind === "add") {
    if (Array.isArray(holder)) holder.push(given);
    else put(holder, key, given);
    return root;
  }
  const names = Object.keys(holder);
  name ??= names[(path.at(-1) ?? 0) % names.length];
  if (name === undefined) return root;
  if (kind === "drop" && Array.isArray(holder)) holder.splice(Number(name), 1);
  else if (kind === "drop") delete holder[name];
  if (kind === "set") put(holder, name, given);
  if (kind === "copy") put(holder, name, structuredClone(holder[names[(path[0] ?? 0) % names.length] ?? name]));
  return root;
}

/** JSON as text, with what was to stand in it without quotes. */
const written = (root: unknown): string =>
  (JSON.stringify(root) ?? "").replace(/"\\u0001raw:((?:[^"\\]|\\.)*)"/g, (_, text: string) =>
    text.replaceAll('\\"', '"'),
  );

/** Changes of a JSON text in its values, keys and lists. */
export type EditText = (text: string) => string;

export const edits = (reach: Reach, least: number, most: number): fc.Arbitrary<EditText> =>
  fc
    .array(edit(reach), { minLength: least, maxLength: most })
    .map(
      (list) => (text) =>
        list.length === 0 ? text : written(list.reduce((root, one) => edited(root, one), JSON.parse(text) as unknown)),
    );
