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

/** Under which a tab keeps the address that it was left at, beside the one that its reload asks for. */
const LEFT = "left";

// A reload asks for the address from before `pagehide`, whatever is written then.
const left = stored("sessionStorage", LEFT);
store("sessionStorage", LEFT, null);
const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
if (left !== null && navigation?.type !== "navigate") {
  const [asked, last] = JSON.parse(left);
  if (location.hash === asked) history.replaceState(null, "", last);
}

/** The page, and how many times the visitor has gone somewhere. */
const place = signal({ page: parse(location.hash).page, visit: 0 });

/** The address that the page was opened by, or wrote. */
let known = location.hash;

// What a page writes itself is no visit: replaceState tells no one.
addEventListener("hashchange", () => {
  if (location.hash === known) return;
  known = location.hash;
  place.value = { page: parse(known).page, visit: place.peek().visit + 1 };
});

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
  const text = query.toString();
  history.replaceState(null, "", `#/${page}${text === "" ? "" : `?${text}`}`);
  known = location.hash;
}

/** Writes a page's state as the visitor leaves, for a reload too. */
export function writeLastQuery(page: string, query: URLSearchParams): void {
  const asked = location.hash;
  writeQuery(page, query);
  store("sessionStorage", LEFT, JSON.stringify([asked, location.hash]));
}
