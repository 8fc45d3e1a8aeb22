import { useEffect, useRef } from "preact/hooks";
import type { PageName } from "../../page-names.ts";
import { onLeave, writeLastQuery, writeQuery } from "../../router.ts";

/** Time in ms between two addresses while training runs. */
const ADDRESS_INTERVAL = 1000;

/** Keeps the address up with a page: at once at rest, now and then while training runs, and as the visitor leaves, by whatever way. */
export function useAddress(page: PageName, query: URLSearchParams, running: boolean): void {
  const written = useRef(0);
  const latest = useRef(query);
  latest.current = query;
  useEffect(() => {
    if (running && performance.now() - written.current < ADDRESS_INTERVAL) return;
    written.current = performance.now();
    writeQuery(page, query);
  }, [query.toString(), running]);
  useEffect(() => onLeave(() => writeLastQuery(page, latest.current)), []);
  useEffect(() => {
    // A tab in the background may be ended without a word.
    const hide = () => document.hidden && writeQuery(page, latest.current);
    document.addEventListener("visibilitychange", hide);
    return () => document.removeEventListener("visibilitychange", hide);
  }, []);
}
