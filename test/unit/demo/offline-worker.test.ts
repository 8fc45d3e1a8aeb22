import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";

const source = readFileSync(new URL("../../../demo/offline-worker.js", import.meta.url), "utf8");

const SCOPE = "https://host.example/site/";
const OWN = `chainrule ${SCOPE} 3`;
const ofSite = (build: string) => `chainrule ${SCOPE} ${build}`;

type Held = Map<string, Map<string, string>>;

interface Answer {
  readonly ok: boolean;
  text(): Promise<string>;
  clone(): Answer;
}
const answerOf = (text: string): Answer => ({ ok: true, text: async () => text, clone: () => answerOf(text) });

/** The service worker of a site with a page, a script and a file for later, on an origin's caches, by their names. */
function openWorker(held: Held, { broken = false, damaged = false, build = "3" } = {}) {
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
        put: async (url: string, { text }: Answer) => void cache.set(url, await text()),
        addAll: async (all: readonly { url: string }[]) => {
          if (damaged) throw new TypeError("A file is another.");
          for (const { url } of all) cache.set(url, "kept");
        },
      };
    },
    async has(name: string) {
      guard();
      return held.has(name);
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
      return text === undefined ? undefined : answerOf(text);
    },
  };
  runInNewContext(
    `const build = "${build}", later = ["later.js"], files = { "": "p", "a.js": "s", "later.js": "l" };\n${source}`,
    {
      self: {
        registration: { scope: SCOPE },
        addEventListener: (kind: string, listener: (event: object) => void) => listeners.set(kind, listener),
        skipWaiting: async () => {},
        clients: { claim: async () => {} },
      },
      caches,
      Response: class {
        readonly text: Answer["text"];
        constructor(content: unknown) {
          this.text = async () => String(content);
        }
      },
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
        return answerOf(`fetched with ${JSON.stringify(how ?? {})}`);
      },
    },
  );
  const dispatch = async (kind: string, event: object = {}) => {
    const waits: unknown[] = [];
    let answer: Promise<Answer> | undefined;
    listeners.get(kind)?.({
      ...event,
      waitUntil: (work: unknown) => waits.push(work),
      respondWith(given: Promise<Answer>) {
        answer = given;
      },
    });
    const text = await (await answer)?.text();
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
    expect(filesOf(held, OWN)).toEqual({ [SCOPE]: "kept", [`${SCOPE}a.js`]: "kept", [`${SCOPE}?turn`]: "1" });
  });

  /** Each build of a row takes the place of the one that served; of one with `!` a file arrives as another, so that it does not. */
  it.each([
    { row: "A B C", kept: "B C" },
    { row: "A B A C", kept: "A C" },
    { row: "A B A C A", kept: "C A" },
    { row: "A B A B A", kept: "B A" },
    { row: "A B A!", kept: "A B" },
    { row: "A B A! C", kept: "B C" },
    { row: "A B C!", kept: "A B" },
    { row: "A B C! D", kept: "B D" },
    { row: "A A B", kept: "A B" },
  ])("keeps of the builds $row those that its tabs are of: $kept", async ({ row, kept }) => {
    const held: Held = new Map();
    for (const step of row.split(" ")) {
      const damaged = step.endsWith("!");
      const worker = openWorker(held, { damaged, build: step.charAt(0) });
      if (damaged) await expect(worker.install()).rejects.toThrow("A file is another.");
      else await worker.install().then(worker.activate);
    }
    expect([...held.keys()].sort()).toEqual(kept.split(" ").map(ofSite).sort());
    for (const name of held.keys()) expect(filesOf(held, name)).toMatchObject({ [SCOPE]: "kept" });
  });

  it("keeps the build that serves, and not one whose keeping was broken off", async () => {
    const held: Held = new Map();
    const begin = async (build: string) => {
      const worker = openWorker(held, { build });
      await worker.install();
      await worker.activate();
    };
    await begin("A");
    held.set(ofSite("B"), new Map());
    await begin("C");
    expect([...held.keys()]).toEqual([ofSite("A"), ofSite("C")]);
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
    await expect(worker.install()).rejects.toThrow("It is full.");
    for (const name of ["", "a.js", "later.js"]) expect(await worker.ask(SCOPE + name)).toMatch(/^fetched/);
  });
});
