import assert from "node:assert/strict";
import * as fc from "fast-check";
import { pageNames } from "../../../demo/src/page-names.ts";
import { hostile } from "./atoms.ts";
import { BROWSER_RATIO, encode, type Format, type Input, type Reach, type Verdict } from "./format.ts";
import { edits, withNests } from "./json.ts";
import { mutants } from "./mutate.ts";
import { openSite } from "./site.ts";

/** What a tab has stored, and what its history tells of the entry that is shown. */
interface StorageInput extends Input {
  readonly state: unknown;
}

/** As the router keeps where the entries of the history were left. */
const seeds: readonly Uint8Array[] = [
  {},
  { a: "#/playground?step=1315" },
  { a: "#/data?target=x", b: "#/digits" },
  { b: "#/inside?units=2-2-2", c: "#/image", a: "#/gpu" },
  { a: "#/", b: "#/playground" },
  { a: "#/data?ignored=a%252Cb", x: "#/gpu?check=off" },
  { constructor: "#/digits", a: "#/image?size=32" },
  Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`e${i}`, `#/playground?step=${i}`])),
  { a: "#/playground?edits=1,sgd,0.1,0,1;2,adam,1,0,2" },
  { "5b0fj2k9x1": "#/data?layers=64,32", a: "#/data?layers=none" },
].map((left) => encode(JSON.stringify(left)));

const addresses = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...pageNames).map((page) => `#/${page}?step=3`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "https://evil.example/",
      "//evil.example/#/data",
      "javascript:alert(1)",
      "../x",
      "?x",
      "data",
      "#",
      "#x",
    ),
  },
  { weight: 1, arbitrary: hostile("short") },
);

const entry = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "c", "constructor", "__proto__", "0") },
  { weight: 1, arbitrary: hostile("short") },
);

const state = fc.oneof(
  { weight: 10, arbitrary: entry.map((entry) => ({ entry })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      null,
      undefined,
      7,
      "a",
      [],
      {},
      { entry: null },
      { entry: 7 },
      { entry: { a: 1 } },
      { entry: ["a"] },
    ),
  },
);

const drawn = fc
  .array(fc.tuple(entry, addresses), { maxLength: 8 })
  .map((list) =>
    encode(`{${list.map(([name, address]) => `${JSON.stringify(name)}:${JSON.stringify(address)}`).join(",")}}`),
  );

const texts = seeds.map((seed) => new TextDecoder().decode(seed));

const arbitrary = (reach: Reach): fc.Arbitrary<StorageInput> =>
  fc.record({
    bytes: fc.oneof(
      { weight: 4, arbitrary: drawn },
      {
        weight: 2,
        arbitrary: fc.tuple(fc.constantFrom(...texts), edits(reach, 1, 2)).map(([text, edit]) => encode(edit(text))),
      },
      { weight: 2, arbitrary: mutants(seeds, reach) },
      { weight: 1, arbitrary: hostile(reach).map(encode) },
    ),
    state,
  });

export async function storageFormat(): Promise<Format> {
  const { window, router, close } = await openSite();
  // Under which name it keeps them.
  window.session.clear();
  router.writeLastQuery("playground", new URLSearchParams("step=1"));
  const [name] = window.session.keys();
  if (name === undefined) throw new Error("the router keeps nothing");

  const go = (hash: string, given: unknown) => {
    window.hash = hash;
    window.state = given;
    window.tell();
  };

  return {
    ratio: BROWSER_RATIO,
    arbitrary: (reach) =>
      withNests(reach, arbitrary(reach), (nest) => ({ bytes: encode(`{"a":${nest}}`), state: { entry: "a" } })),
    check: (input): Verdict => {
      const { bytes, state } = input as StorageInput;
      window.session.clear();
      go("#/gpu?begin", null);
      window.written.length = 0;
      window.session.set(name, new TextDecoder().decode(bytes));
      go("#/digits?here", state);
      const taken = [...window.written];
      assert.ok(taken.length <= 1 && taken.every((address) => address.startsWith("#/")), `addresses ${taken}`);
      assert.equal(router.currentPage.value, pageOf(window.hash), "the page that the address names");
      assert.ok(["", ...pageNames].includes(router.currentPage.value as (typeof pageNames)[number]));
      // Whatever was stored, what is left from here on is found again.
      const page = router.currentPage.value || "playground";
      router.writeLastQuery(page, new URLSearchParams("step=7"));
      const left = window.state;
      go("#/gpu?elsewhere", null);
      window.written.length = 0;
      go(`#/${page}?old`, left);
      assert.deepEqual(window.written, [`#/${page}?step=7`], "where the entry was left");
      return taken.length > 0 ? "accepted" : "refused";
    },
    close,
  };
}

const pageOf = (hash: string): string => {
  const [path] = hash.replace(/^#\/?/, "").split("?");
  return pageNames.find((name) => name === path) ?? "";
};
