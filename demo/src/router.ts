import { computed, signal } from "@preact/signals";

/** Where the site is: `#/playground?data=spiral` is page `playground` with query `data=spiral`. */
export interface Place {
  readonly page: string;
  readonly query: URLSearchParams;
}

function parse(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { page: path, query: new URLSearchParams(query) };
}

const place = signal(parse(location.hash));
addEventListener("hashchange", () => {
  place.value = parse(location.hash);
});

/** The page that the address names; empty at the entrance. */
export const currentPage = computed(() => place.value.page);

/** The query of the address as it stands. */
export const currentQuery = (): URLSearchParams => parse(location.hash).query;

export const linkTo = (page: string): string => `#/${page}`;

/** Writes a page's state into the address without a new entry in the history. */
export function writeQuery(page: string, query: URLSearchParams): void {
  if (place.peek().page !== page && place.peek().page !== "") return;
  const text = query.toString();
  history.replaceState(null, "", `#/${page}${text === "" ? "" : `?${text}`}`);
}
