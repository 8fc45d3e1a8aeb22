import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";

const source = readFileSync(new URL("../../../demo/offline-worker.js", import.meta.url), "utf8");

const SCOPE = "https://host.example/site/";
const OWN = `chainrule ${SCOPE} 3`;
const ofSite = (build: string) => `chainrule ${SCOPE} ${build}`;

type Held = Map<string, Map<string, string>>;

/** The service worker of a site with a page, a script and a file for later, on an origin's caches, by their names. */
function openWorker(held: Held, { broken = false } = {}) {
  const listeners = new Map<string, (event: object) => void>();
  const asked: string[] = [];
  const guard = () => {
    if (broken) throw new DOMException("It is full.", "QuotaExceededError");
  };
  const caches = {
    async open(name: string) {
      guard();
      const cache = held.get(name) ?? new Map<string, string>();
      held.set(name, cache);
      return {
        put: async (url: string, { text }: { text: string }) => void cache.set(url, text),
        addAll: async (all: readonly { url: string }[]) => {
          for (const { url } of all) cache.set(url, "kept");
        },
      };
    },
    async keys() {
      guard();
      return [...held.keys()];
    },
    async delete(name: string) {
      guard();
      return held.delete(name);
    },
    async match(url: string, { cacheName }: { cacheName: string }) {
      guard();
      const text = held.get(cacheName)?.get(url);
      return text === undefined ? undefined : { text };
    },
  };
  runInNewContext(
    `const build = "3", later = ["later.js"], files = { "": "p", "a.js": "s", "later.js": "l" };\n${source}`,
    {
      self: {
        registration: { scope: SCOPE },
        addEventListener: (kind: string, listener: (event: object) => void) => listeners.set(kind, listener),
        skipWaiting: async () => {},
        clients: { claim: async () => {} },
      },
      caches,
      Request: class {
        readonly url: string;
        readonly how: object;
        constructor(url: string, how: object) {
          this.url = url;
          this.how = how;
        }
      },
      fetch: async ({ url, how }: { url: string; how?: object }) => {
        asked.push(url);
        const answer = { ok: true, text: `fetched with ${JSON.stringify(how ?? {})}`, clone: () => answer };
        return answer;
      },
    },
  );
  const dispatch = async (kind: string, event: object = {}) => {
    const waits: unknown[] = [];
    let answer: Promise<{ text: string }> | undefined;
    listeners.get(kind)?.({
      ...event,
      waitUntil: (work: unknown) => waits.push(work),
      respondWith(given: Promise<{ text: string }>) {
        answer = given;
      },
    });
    const text = (await answer)?.text;
    await Promise.all(waits);
    return text;
  };
  return {
    asked,
    install: () => dispatch("install"),
    activate: () => dispatch("activate"),
    /** @returns what is answered; undefined where the browser is left to it */
    ask: (url: string, method = "GET") => dispatch("fetch", { request: { url, method } }),
  };
}

const filesOf = (held: Held, name: string) => Object.fromEntries(held.get(name) ?? []);

describe("the site's service worker", () => {
  it("keeps under the site's own name, and forgets of its own builds all but the one before", async () => {
    const others = [
      "chainrule-5",
      "another",
      "chainrule https://host.example/site/below/ 1",
      "chainrule https://host.example/ 1",
    ];
    const held: Held = new Map([...others, ofSite("1"), ofSite("2")].map((name) => [name, new Map()]));
    const worker = openWorker(held);
    await worker.install();
    await worker.activate();
    expect([...held.keys()]).toEqual([...others, ofSite("2"), OWN]);
    expect(filesOf(held, OWN)).toEqual({ [SCOPE]: "kept", [`${SCOPE}a.js`]: "kept" });
  });

  it("answers out of its own build, then of those before, and never out of another's", async () => {
    const held: Held = new Map([
      ["another", new Map([[`${SCOPE}b.js`, "another's"]])],
      ["chainrule https://host.example/ 1", new Map([[`${SCOPE}b.js`, "of the site around"]])],
      [ofSite("2"), new Map(["a.js", "old.js"].map((name) => [SCOPE + name, "of the build before"]))],
    ]);
    const worker = openWorker(held);
    await worker.install();
    expect(await worker.ask(`${SCOPE}a.js?query`)).toBe("kept");
    expect(await worker.ask(`${SCOPE}index.html`)).toBe("kept");
    expect(await worker.ask(`${SCOPE}old.js`)).toBe("of the build before");
    expect(worker.asked).toEqual([]);
    expect(await worker.ask(`${SCOPE}b.js`)).toMatch(/^fetched/);
  });

  it("fetches nothing in the site's name that lies elsewhere, and changes nothing there", async () => {
    const worker = openWorker(new Map());
    expect(await worker.ask("https://other.example/site/")).toBeUndefined();
    expect(await worker.ask("https://host.example/other/a.js")).toBeUndefined();
    expect(await worker.ask(`${SCOPE}a.js`, "POST")).toBeUndefined();
    expect(worker.asked).toEqual([]);
  });

  it("keeps later what is asked for later, by its hash", async () => {
    const held: Held = new Map();
    const worker = openWorker(held);
    const text = await worker.ask(`${SCOPE}later.js`);
    expect(text).toBe('fetched with {"cache":"reload","integrity":"l"}');
    expect(filesOf(held, OWN)).toEqual({ [`${SCOPE}later.js`]: text });
    await worker.ask(`${SCOPE}later.js`);
    expect(worker.asked).toHaveLength(1);
  });

  it("answers as the network does where storage is full or damaged", async () => {
    const worker = openWorker(new Map(), { broken: true });
    await worker.activate();
    for (const name of ["", "a.js", "later.js"]) expect(await worker.ask(SCOPE + name)).toMatch(/^fetched/);
  });
});
