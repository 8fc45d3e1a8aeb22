// The one place where the site keeps anything in the browser. The origin may be shared with other sites, whose names and values are
// theirs; a browser may withhold its storage, where asking for it throws already, and a full one takes nothing.

/** A value that the browser keeps: for good, or for the tab. */
export interface Kept<T> {
  /** The value, or undefined where there is none that the site could have kept. */
  read(): T | undefined;
  /** Keeps what `read` takes, as JSON, if that can be. */
  write(value: unknown): void;
}

/** What the browser calls a value of the site's. */
export const keyOf = (name: string): string => `chainrule.${name}`;

/**
 * @param name of the value, the only one of the site to have it
 * @param take gives what was kept out of JSON, which may be anybody's; undefined where it is none
 */
export function kept<T>(
  kind: "localStorage" | "sessionStorage",
  name: string,
  take: (value: unknown) => T | undefined,
): Kept<T> {
  return {
    read() {
      try {
        return take(JSON.parse(globalThis[kind].getItem(keyOf(name)) ?? "null"));
      } catch {
        return undefined;
      }
    },
    write(value) {
      try {
        globalThis[kind].setItem(keyOf(name), JSON.stringify(value));
      } catch {
        // The site is the same without.
      }
    },
  };
}

/** Takes one of some values, and nothing else. */
export const oneOf =
  <T>(...values: readonly T[]) =>
  (value: unknown): T | undefined =>
    values.find((one) => one === value);
