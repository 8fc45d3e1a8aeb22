import type { Page } from "playwright";

/** The build of the page that is shown; undefined where it is none of `useBuilds`. */
export const buildOf = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => document.querySelector<HTMLMetaElement>("meta[name=build]")?.content);

/** Until all files of the site are kept and its service worker serves the page. */
export const untilKept = (page: Page) =>
  page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");

/** Looks for a newer build. @returns what became of it */
export const update = (page: Page): Promise<"activated" | "redundant"> =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        void navigator.serviceWorker.ready.then((registration) => {
          registration.addEventListener("updatefound", () => {
            const { installing } = registration;
            installing?.addEventListener("statechange", () => {
              const { state } = installing;
              if (state === "activated" || state === "redundant") resolve(state);
            });
          });
          void registration.update();
        });
      }),
  );

/** Names of the origin's caches that hold anything. */
export const cachesOf = (page: Page): Promise<readonly string[]> => page.evaluate(() => caches.keys());

/** Until the page of an address is shown, whichever build it is of. */
export const untilShown = (page: Page, heading: string) =>
  page.getByRole("heading", { level: 1, name: heading }).waitFor();
