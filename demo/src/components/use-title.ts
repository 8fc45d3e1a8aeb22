import { useEffect } from "preact/hooks";

/** Titles the tab: the page at rest, and while it trains how far it is, which is to be seen from another tab. */
export function useTitle(page: string, training: string | undefined): void {
  useEffect(() => {
    document.title = `${training === undefined ? page : `▶ ${training}`} · chainrule`;
  }, [page, training]);
}
