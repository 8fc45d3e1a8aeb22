import { computed, signal } from "@preact/signals";
import { addressOf, entryOf, type Left, leftFromJson, leftToJson, type Place, readAddress } from "./address.ts";
import type { PageName } from "./page-names.ts";
import { kept } from "./storage.ts";

/** Where a tab left entries of its history whose own addresses are older. */
const left = kept<Left>("sessionStorage", "left", leftFromJson);

/** Takes out where the entry that is shown was left, if its own address is older. */
function takeLeft(): Place | undefined {
  const all = new Map(left.read());
  const last = all.get(entry);
  all.delete(entry);
  left.write(leftToJson(all));
  return last;
}

function keepLeft(place: Place): void {
  const all = new Map(left.read());
  all.delete(entry);
  left.write(leftToJson(all.set(entry, place)));
}

/**
 * Names the history's entry that is shown. An address cannot: a link may have the same, and is to open as it says. Nor can the address
 * of an entry be written once it is left, be it by a link, back and forth, a reload or for another site.
 */
let entry = "";

/** Learns which entry is shown, and goes on from where it was left. */
function enter(): void {
  entry = entryOf(history.state) ?? Math.random().toString(36).slice(2);
  const last = takeLeft();
  if (last) replace(addressOf(last));
}

/** Has the entry that is shown say where it is. Browsers refuse an address that is too long, and too many in a short time. */
function replace(address: string): void {
  try {
    history.replaceState({ entry }, "", address);
  } catch {
    // The address stays as it was.
  }
}
enter();

/** The page, and how many times the visitor has gone somewhere. */
const place = signal({ page: readAddress(location.hash).page, visit: 0 });

/** The address that the page was opened by, or wrote. */
let known = location.hash;

// What a page writes itself is no visit: replaceState tells no one.
addEventListener("hashchange", () => {
  if (location.hash === known) return;
  for (const work of leaving) work();
  enter();
  known = location.hash;
  place.value = { page: readAddress(known).page, visit: place.peek().visit + 1 };
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
export const currentQuery = (): URLSearchParams => readAddress(location.hash).query;

export const linkTo = (page: string): string => `#/${page}`;

/** Writes a page's state into the address without a new entry in the history. */
export function writeQuery(page: PageName, query: URLSearchParams): void {
  if (place.peek().page !== page && place.peek().page !== "") return;
  // Another address is about to open: it is not to be lost.
  if (location.hash !== known) return;
  replace(addressOf({ page, query }));
  known = location.hash;
}

/** Keeps a page's state as the visitor leaves, for when this entry of the history is shown again. */
export function writeLastQuery(page: PageName, query: URLSearchParams): void {
  keepLeft({ page, query });
  writeQuery(page, query);
}
