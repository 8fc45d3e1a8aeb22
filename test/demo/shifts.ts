import type { Page } from "playwright";

/** Most of the layout that may shift: half of what Google's Core Web Vitals call good. */
export const MOST_SHIFT = 0.05;

/** Notes shifts of the layout that no input of the visitor explains, from the first paint on. */
export const watchShifts = (page: Page) =>
  page.addInitScript(() => {
    const watched = { sum: 0, largest: [] as string[] };
    const take = (entries: PerformanceEntryList) => {
      for (const entry of entries as (PerformanceEntry & Shift)[]) {
        if (entry.hadRecentInput) continue;
        watched.sum += entry.value;
        const what = entry.sources.map(({ node }) => (node instanceof Element ? node.className || node.localName : ""));
        if (entry.value > 0.01) watched.largest.push(`${entry.value.toFixed(3)} ${what}`);
      }
    };
    interface Shift {
      readonly value: number;
      readonly hadRecentInput: boolean;
      readonly sources: readonly { readonly node: Node | null }[];
    }
    const observer = new PerformanceObserver((list) => take(list.getEntries()));
    observer.observe({ type: "layout-shift", buffered: true });
    Object.assign(globalThis, {
      readShifts() {
        take(observer.takeRecords());
        return watched;
      },
    });
  });

/** @returns the sum of all shifts until now, which is no less than the page's CLS, and what moved most */
export const shiftsOf = (page: Page): Promise<{ readonly sum: number; readonly largest: readonly string[] }> =>
  page.evaluate(() => (globalThis as unknown as { readShifts(): { sum: number; largest: string[] } }).readShifts());
