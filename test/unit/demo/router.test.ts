import { afterEach, describe, expect, it, vi } from "vitest";

/** A window's address and history, as far as the router needs them. */
function openWindow(hash: string, left: string | null = null, type = "navigate") {
  const listeners: (() => void)[] = [];
  const place = { hash };
  const kept = { left };
  vi.stubGlobal("location", place);
  vi.stubGlobal("performance", { getEntriesByType: () => [{ type }] });
  vi.stubGlobal("sessionStorage", {
    getItem: () => kept.left,
    removeItem: () => {
      kept.left = null;
    },
    setItem: (_name: string, value: string) => {
      kept.left = value;
    },
  });
  vi.stubGlobal("addEventListener", (kind: string, listener: () => void) => {
    if (kind === "hashchange") listeners.push(listener);
  });
  vi.stubGlobal("history", {
    replaceState: (_state: unknown, _title: string, url: string) => {
      place.hash = url;
    },
  });
  const arrive = () => {
    for (const listener of listeners) listener();
  };
  return {
    place,
    kept,
    arrive,
    go(to: string) {
      place.hash = to;
      arrive();
    },
  };
}

let imports = 0;
/** The router of a tab that was just opened: a module of its own. */
function openRouter(): Promise<typeof import("../../../demo/src/router.ts")> {
  imports += 1;
  return import(/* @vite-ignore */ `../../../demo/src/router.ts?${imports}`);
}

const open = async (...given: Parameters<typeof openWindow>) => ({
  ...openWindow(...given),
  router: await openRouter(),
});
const query = (text: string) => new URLSearchParams(text);

afterEach(() => void vi.unstubAllGlobals());

describe("the router", () => {
  it("counts a visit for each address that is opened, on the page that is shown too", async () => {
    const { router, go } = await open("#/playground?seed=1");
    const { currentPage, currentVisit } = router;
    expect([currentPage.value, currentVisit.value]).toEqual(["playground", 0]);
    go("#/playground?seed=2");
    expect([currentPage.value, currentVisit.value]).toEqual(["playground", 1]);
    expect(router.currentQuery().get("seed")).toBe("2");
    go("#/digits");
    expect([currentPage.value, currentVisit.value]).toEqual(["digits", 2]);
  });

  it("counts none for what the page writes", async () => {
    const { router, place, arrive } = await open("");
    router.writeQuery("playground", query("seed=3"));
    arrive();
    expect([place.hash, router.currentVisit.value]).toEqual(["#/playground?seed=3", 0]);
    router.writeQuery("playground", query(""));
    expect(place.hash).toBe("#/playground");
  });

  it("takes a name that no page has for the entrance, which writes its own address", async () => {
    const { router, place } = await open("#/nope?x=1");
    expect(router.currentPage.value).toBe("");
    router.writeQuery("playground", query("seed=3"));
    expect(place.hash).toBe("#/playground?seed=3");
  });

  it("takes a reload to the address at which the page was left", async () => {
    const { router, kept } = await open("#/playground?step=5");
    router.writeLastQuery("playground", query("step=9"));
    expect(kept.left).not.toBeNull();
    const stepAt = async (hash: string, type: string) => {
      const { router } = await open(hash, kept.left, type);
      return router.currentQuery().get("step");
    };
    expect(await stepAt("#/playground?step=5", "reload")).toBe("9");
    expect(await stepAt("#/playground?step=5", "navigate")).toBe("5");
    expect(await stepAt("#/playground?step=6", "reload")).toBe("6");
  });

  it("opens, and writes the last address, where the browser withholds storage", async () => {
    const window = openWindow("#/playground?step=5");
    const denied = () => {
      throw new DOMException("Access is denied for this document.", "SecurityError");
    };
    vi.stubGlobal("sessionStorage", undefined);
    Object.defineProperty(globalThis, "sessionStorage", { configurable: true, get: denied });
    const router = await openRouter();
    expect(router.currentPage.value).toBe("playground");
    router.writeLastQuery("playground", query("step=9"));
    expect(window.place.hash).toBe("#/playground?step=9");
  });

  it("writes over no address that is about to open, and for no page that is not shown", async () => {
    const { router, place, arrive } = await open("#/playground");
    place.hash = "#/playground?seed=5";
    router.writeQuery("playground", query("seed=4"));
    expect(place.hash).toBe("#/playground?seed=5");
    arrive();
    router.writeQuery("digits", query("seed=6"));
    expect([place.hash, router.currentVisit.value]).toEqual(["#/playground?seed=5", 1]);
  });
});
