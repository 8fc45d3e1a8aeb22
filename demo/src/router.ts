import { computed, signal } from "@preact/signals";
import { pageNames } from "./page-names.ts";
import { store, stored } from "./storage.ts";

/** Where the site is: `#/playground?data=spiral` is page `playground` with query `data=spiral`. */
export interface Place {
  readonly page: string;
  readonly query: URLSearchParams;
}

function parse(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  // A name that no page has is the entrance.
  return { page: pageNames.find((name) => name === path) ?? "", query: new URLSearchParams(query) };
}

/** Under which a tab keeps where it left entries of its history whose own addresses are older, … */
const LEFT = "left";
/** … of so many entries. */
const MOST_LEFT = 50;

/** Takes out where the entry that is shown was left, if its own address is older. */
function takeLeft(): string | undefined {
  const { [entry]: address, ...others } = allLeft();
  store("sessionStorage", LEFT, JSON.stringify(others));
  return address;
}

function keepLeft(address: string): void {
  const { [entry]: _, ...others } = allLeft();
  const kept = [...Object.entries(others), [entry, address]].slice(-MOST_LEFT);
  store("sessionStorage", LEFT, JSON.stringify(Object.fromEntries(kept)));
}

function allLeft(): Record<string, string> {
  return JSON.parse(stored("sessionStorage", LEFT) ?? "{}");
}

/**
 * Names the history's entry that is shown. An address cannot: a link may have the same, and is to open as it says. Nor can the address
 * of an entry be written once it is left, be it by a link, back and forth, a reload or for another site.
 */
let entry = "";

/** Learns which entry is shown, and goes on from where it was left. */
function enter(): void {
  entry = history.state?.entry ?? Math.random().toString(36).slice(2);
  const last = takeLeft();
  if (last !== undefined) history.replaceState({ entry }, "", last);
}
enter();

/** The page, and how many times the visitor has gone somewhere. */
const place = signal({ page: parse(location.hash).page, visit: 0 });

/** The address that the page was opened by, or wrote. */
let known = location.hash;

// What a page writes itself is no visit: replaceState tells no one.
addEventListener("hashchange", () => {
  if (location.hash === known) return;
  for (const work of leaving) work();
  enter();
  known = location.hash;
  place.value = { page: parse(known).page, visit: place.peek().visit + 1 };
});

/** Works to be done as a page is left. */
const leaving = new Set<() => void>();

/** Has a page do something as the visitor leaves it. @returns takes it back */
export function onLeave(work: () => void): () => void {
  leaving.add(work);
  addEventListener("pagehide", work);
  return () => {
    leaving.delete(work);
    removeEventListener("pagehide", work);
  };
}

/** The page that the address names; empty at the entrance. */
export const currentPage = computed(() => place.value.page);

/** Grows with each visit: a page keyed by it is built anew from the address that a link, the history or the visitor gave. */
export const currentVisit = computed(() => place.value.visit);

/** The query of the address as it stands. */
export const currentQuery = (): URLSearchParams => parse(location.hash).query;

export const linkTo = (page: string): string => `#/${page}`;

/** Writes a page's state into the address without a new entry in the history. */
export function writeQuery(page: string, query: URLSearchParams): void {
  if (place.peek().page !== page && place.peek().page !== "") return;
  // Another address is about to open: it is not to be lost.
  if (location.hash !== known) return;
  history.replaceState({ entry }, "", addressOf(page, query));
  known = location.hash;
}

/** Keeps a page's state as the visitor leaves, for when this entry of the history is shown again. */
export function writeLastQuery(page: string, query: URLSearchParams): void {
  keepLeft(addressOf(page, query));
  writeQuery(page, query);
}

function addressOf(page: string, query: URLSearchParams): string {
  const text = query.toString();
  return `#/${page}${text === "" ? "" : `?${text}`}`;
}
