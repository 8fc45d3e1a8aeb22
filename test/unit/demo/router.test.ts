import { afterEach, describe, expect, it, vi } from "vitest";

interface Entry {
  hash: string;
  state: unknown;
}

/** What a tab keeps over a reload. */
interface Tab {
  left: string | null;
  entries: Entry[];
  at: number;
}

/** A window's address and history, as far as the router needs them. */
function openWindow(hash: string, tab: Tab = { left: null, entries: [{ hash, state: null }], at: 0 }) {
  const listeners = { hashchange: new Set<() => void>(), pagehide: new Set<() => void>() };
  type Kind = keyof typeof listeners;
  const shown = (): Entry => tab.entries[tab.at] ?? { hash: "", state: null };
  vi.stubGlobal("location", {
    get hash() {
      return shown().hash;
    },
  });
  vi.stubGlobal("sessionStorage", {
    getItem: () => tab.left,
    setItem: (_name: string, value: string) => {
      tab.left = value;
    },
  });
  vi.stubGlobal("addEventListener", (kind: Kind, listener: () => void) => listeners[kind].add(listener));
  vi.stubGlobal("removeEventListener", (kind: Kind, listener: () => void) => listeners[kind].delete(listener));
  vi.stubGlobal("history", {
    get state() {
      return shown().state;
    },
    replaceState: (state: unknown, _title: string, url: string) => {
      tab.entries[tab.at] = { hash: url, state };
    },
  });
  const tell = (kind: Kind) => {
    for (const listener of [...listeners[kind]]) listener();
  };
  const move = (by: number) => {
    tab.at += by;
    tell("hashchange");
  };
  const set = (to: string) => {
    tab.entries = [...tab.entries.slice(0, tab.at + 1), { hash: to, state: null }];
    tab.at += 1;
  };
  const arrive = () => tell("hashchange");
  return {
    tab,
    /** Another address is about to open. */
    set,
    arrive,
    go(to: string) {
      set(to);
      arrive();
    },
    back: () => move(-1),
    forth: () => move(1),
    /** The page goes; what is written into the address meanwhile is too late. */
    hide() {
      const before = [...tab.entries];
      tell("pagehide");
      tab.entries = before;
    },
  };
}

let imports = 0;
/** The router of a tab that was just opened: a module of its own. */
function openRouter(): Promise<typeof import("../../../demo/src/router.ts")> {
  imports += 1;
  return import(/* @vite-ignore */ `../../../demo/src/router.ts?${imports}`);
}

const open = async (...given: Parameters<typeof openWindow>) => {
  const window = openWindow(...given);
  return { ...window, hash: () => location.hash, router: await openRouter() };
};
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
    const { router, hash, arrive } = await open("");
    router.writeQuery("playground", query("seed=3"));
    arrive();
    expect([hash(), router.currentVisit.value]).toEqual(["#/playground?seed=3", 0]);
    router.writeQuery("playground", query(""));
    expect(hash()).toBe("#/playground");
  });

  it("takes a name that no page has for the entrance, which writes its own address", async () => {
    const { router, hash } = await open("#/nope?x=1");
    expect(router.currentPage.value).toBe("");
    router.writeQuery("playground", query("seed=3"));
    expect(hash()).toBe("#/playground?seed=3");
  });

  /** The step that the address tells, while a page is at a later one. */
  async function train(hash: string) {
    const window = await open(hash);
    window.router.writeQuery("playground", query("step=257"));
    const undo = window.router.onLeave(() => window.router.writeLastQuery("playground", query("step=1315")));
    return { ...window, undo, step: () => window.router.currentQuery().get("step") };
  }

  it("comes back to where a page was left, by whatever way that was", async () => {
    const { router, go, back, forth, step, undo } = await train("#/playground");
    go("#/digits");
    undo();
    back();
    expect([router.currentPage.value, step()]).toEqual(["playground", "1315"]);
    forth();
    expect([router.currentPage.value, step()]).toEqual(["digits", null]);
    back();
    expect(step()).toBe("1315");
    // A link to what stood in the address is no way back.
    go("#/playground?step=257");
    expect(step()).toBe("257");
  });

  it("takes a reload to where the page was left, and no other visit of the same address", async () => {
    const { hide, tab } = await train("#/playground");
    hide();
    expect(tab.entries).toMatchObject([{ hash: "#/playground?step=257" }]);
    const stepAt = async (given: Tab) => (await open("", given)).router.currentQuery().get("step");
    const other = { ...tab, entries: [{ hash: "#/playground?step=257", state: null }] };
    expect(await stepAt(other)).toBe("257");
    expect(await stepAt(tab)).toBe("1315");
  });

  it("goes by what an address says that was written since it was left", async () => {
    const { go, back, step, undo, router, tab } = await train("#/playground");
    go("#/digits");
    undo();
    back();
    router.writeQuery("playground", query("step=4900"));
    // The tab ends without a word.
    const again = await open("", tab);
    expect([step(), again.router.currentQuery().get("step")]).toEqual(["4900", "4900"]);
  });

  it("opens, and writes the last address, where the browser withholds storage", async () => {
    openWindow("#/playground?step=5");
    const denied = () => {
      throw new DOMException("Access is denied for this document.", "SecurityError");
    };
    vi.stubGlobal("sessionStorage", undefined);
    Object.defineProperty(globalThis, "sessionStorage", { configurable: true, get: denied });
    const router = await openRouter();
    expect(router.currentPage.value).toBe("playground");
    router.writeLastQuery("playground", query("step=9"));
    expect(location.hash).toBe("#/playground?step=9");
  });

  it("opens at what the address says where a tab holds what is another's", async () => {
    for (const left of ["100", "{bad", "null", '["#/data"]', '{"e":"https://example.com/#/data"}', '{"e":7}']) {
      const tab = { left, entries: [{ hash: "#/playground?step=5", state: { entry: "e" } }], at: 0 };
      const { router, hash } = await open("", tab);
      expect([router.currentPage.value, hash()]).toEqual(["playground", "#/playground?step=5"]);
      router.writeLastQuery("playground", query("step=9"));
      expect(JSON.parse(tab.left)).toEqual({ e: "#/playground?step=9" });
    }
  });

  it("stays where it is where the browser takes no more addresses", async () => {
    const { router, hash } = await open("#/playground?step=5");
    history.replaceState = () => {
      throw new DOMException("Too many calls.", "SecurityError");
    };
    router.writeQuery("playground", query("step=6"));
    expect([hash(), router.currentQuery().get("step")]).toEqual(["#/playground?step=5", "5"]);
  });

  it("writes over no address that is about to open, and for no page that is not shown", async () => {
    const { router, hash, set, arrive } = await open("#/playground");
    set("#/playground?seed=5");
    router.writeQuery("playground", query("seed=4"));
    expect(hash()).toBe("#/playground?seed=5");
    arrive();
    router.writeQuery("digits", query("seed=6"));
    expect([hash(), router.currentVisit.value]).toEqual(["#/playground?seed=5", 1]);
  });
});
