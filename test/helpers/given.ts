/** What becomes of the arguments of a call right after it, of which it must have taken all that it needs. */

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));

const isObjects = (value: unknown): value is unknown[] => Array.isArray(value) && typeof value[0] === "object";

/** What no call takes for anything. */
const other = () => Symbol("another value");

/** Visits each value among the arguments, the innermost first. */
function visit(value: unknown, see: (value: unknown) => void): void {
  if (isPlain(value) || isObjects(value)) for (const one of Object.values(value)) visit(one, see);
  see(value);
}

const bufferOf = (value: unknown): ArrayBuffer | undefined =>
  value instanceof ArrayBuffer ? value : ArrayBuffer.isView(value) ? (value.buffer as ArrayBuffer) : undefined;

/** Ways to touch arguments in place. */
export const touches: Readonly<Record<string, (given: readonly unknown[]) => void>> = {
  "numbers changed": (given) =>
    visit(given, (value) => {
      if (value instanceof ArrayBuffer) new Uint8Array(value).fill(77);
      else if (ArrayBuffer.isView(value)) (value as Uint8Array).fill(77);
      else if (Array.isArray(value) && typeof value[0] === "number") value.fill(77).push(77);
    }),
  "properties replaced": (given) =>
    visit(given, (value) => {
      if (isPlain(value)) for (const name of Object.keys(value)) value[name] = other();
    }),
  "properties deleted": (given) =>
    visit(given, (value) => {
      if (isPlain(value)) for (const name of Object.keys(value)) delete value[name];
    }),
  "elements replaced": (given) =>
    visit(given, (value) => {
      if (isObjects(value)) value.fill(other()).push(other());
    }),
  "lists emptied": (given) =>
    visit(given, (value) => {
      if (Array.isArray(value)) value.length = 0;
    }),
  detached: (given) =>
    visit(given, (value) => {
      const buffer = bufferOf(value);
      if (buffer && buffer.byteLength > 0) structuredClone(buffer, { transfer: [buffer] });
    }),
};

/** The same, whose properties and elements answer rightly once, and then otherwise. */
export function deceiving<T>(value: T): T {
  if (!isPlain(value) && !isObjects(value)) return value;
  const copy: object = Array.isArray(value) ? [] : {};
  for (const [name, one] of Object.entries(value)) {
    let asked = 0;
    const answer = deceiving(one);
    Object.defineProperty(copy, name, { enumerable: true, get: () => (asked++ === 0 ? answer : other()) });
  }
  return copy as T;
}
