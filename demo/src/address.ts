import { type PageName, pageNames } from "./page-names.ts";

/** Where the site is: `#/playground?data=spiral` is page `playground` with query `data=spiral`. */
export interface Place {
  /** Empty at the entrance. */
  readonly page: PageName | "";
  readonly query: URLSearchParams;
}

/** Reads the part of an address from `#` on, whatever it is: a name that no page has is the entrance. */
export function readAddress(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { page: pageNames.find((name) => name === path) ?? "", query: new URLSearchParams(query) };
}

/** Writes what `readAddress` reads. */
export function addressOf({ page, query }: Place): string {
  const text = query.toString();
  return `#/${page}${text === "" ? "" : `?${text}`}`;
}

/** By the names of the history's entries, where they were left, the last one last. */
export type Left = ReadonlyMap<string, Place>;

/** Most entries that are kept. */
const MOST_LEFT = 50;

/** What is kept of entries that were left: an object of addresses. */
export const leftToJson = (left: Left): unknown =>
  Object.fromEntries([...left].slice(-MOST_LEFT).map(([entry, place]) => [entry, addressOf(place)]));

/** Reads what `leftToJson` gave, out of whatever is there: what is no address of a page is left out. */
export function leftFromJson(value: unknown): Left {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map();
  return new Map(
    Object.entries(value).flatMap(([entry, address]): [string, Place][] => {
      const place = typeof address === "string" ? readAddress(address) : undefined;
      return place?.page ? [[entry, place]] : [];
    }),
  );
}

/** The name of an entry of the history, out of its state, which may be anything; undefined where it has none. */
export function entryOf(state: unknown): string | undefined {
  const { entry } = Object(state);
  return typeof entry === "string" ? entry : undefined;
}
