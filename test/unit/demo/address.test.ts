import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf, entryOf, leftFromJson, leftToJson, readAddress } from "../../../demo/src/address.ts";
import { pageNames } from "../../../demo/src/page-names.ts";
import * as data from "../../../demo/src/pages/data/options.ts";
import * as digits from "../../../demo/src/pages/digits/options.ts";
import { checksAtOnce, secondsOf } from "../../../demo/src/pages/gpu/query.ts";
import * as image from "../../../demo/src/pages/image/options.ts";
import { trainerOptions } from "../../../demo/src/pages/inside/options.ts";
import * as inside from "../../../demo/src/pages/inside/state.ts";
import * as playground from "../../../demo/src/pages/playground/options.ts";
import { pointsOf } from "../../../demo/src/pages/playground/points.ts";
import { shownOf, withShown } from "../../../demo/src/pages/playground/shown.ts";
import { isRate } from "../../../demo/src/query.ts";

/** What the readers look for, and what objects have by themselves. */
const names =
  "points count noise layers activation loss seed live edits step drawn unit speed sample size features scale units optimizer rate batch epochs detail compare target task ignored decay testFraction scaleTarget rows output start stop seconds check __proto__ constructor";
const parts = [
  "1",
  "0",
  "-0",
  "1e2",
  "1e-45",
  "1e300",
  "-1",
  "0x10",
  "NaN",
  "Infinity",
  "2,3",
  "2-4-3-2",
  "adam,0.03,0,32",
];
const words = [
  "sgd",
  "relu",
  "drawn",
  "worked",
  "crossEntropy",
  "true",
  "constructor",
  "AA1",
  "%2C",
  "%",
  ",",
  ";",
  "\u202e",
  "\ud800",
];

const value = fc.oneof(
  fc.constantFrom(...parts, ...words),
  fc.array(fc.constantFrom(...parts, ...words, "5", ".", "-", ",", ";"), { maxLength: 12 }).map((all) => all.join("")),
  fc.double().map(String),
  fc.string({ unit: "binary" }),
);
const query = fc
  .array(fc.tuple(fc.constantFrom(...names.split(" ")), value), { maxLength: 12 })
  .map((pairs) => new URLSearchParams(pairs));
const hash = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .tuple(fc.constantFrom("", "#", "#/", "#//"), fc.constantFrom(...pageNames, "__proto__", "constructor", ""), query)
    .map(([start, page, given]) => `${start}${page}?${given}`),
);

/** Reads an address's query, and writes what the page writes. */
const pages: Readonly<Record<string, (given: URLSearchParams) => URLSearchParams>> = {
  playground(given) {
    const state = playground.fromQuery(given);
    const { train } = pointsOf(state.run);
    expect(train.length).toBeGreaterThan(0);
    expect(train.every(({ x, y }) => Number.isFinite(x + y))).toBe(true);
    return withShown(playground.toQuery(state), shownOf(given, state.run.layers));
  },
  inside(given) {
    const state = inside.fromQuery(given);
    // A rate that is nothing in 32 bits is refused by the library.
    expect(isRate(state.rate)).toBe(true);
    const { data: rows } = trainerOptions(state);
    expect(rows.inputs).toHaveLength(state.rows * state.inputs);
    return inside.toQuery(state);
  },
  digits: (given) => digits.toQuery(digits.fromQuery(given)),
  image: (given) => image.toQuery(image.fromQuery(given)),
  data: (given) => data.toQuery(data.fromQuery(given, data.initialOptions), data.initialOptions, undefined),
  gpu(given) {
    const seconds = secondsOf(given);
    expect(seconds > 0 && seconds <= 600).toBe(true);
    return new URLSearchParams({ seconds: String(seconds), check: checksAtOnce(given) ? "on" : "off" });
  },
};

describe("an address, whatever it says,", () => {
  it.each(Object.keys(pages))("opens the page %s in a state that its own address leads back to", (name) => {
    const read = pages[name] ?? ((given) => given);
    fc.assert(
      fc.property(query, (given) => {
        const written = read(given);
        expect(read(new URLSearchParams(written.toString())).toString()).toBe(written.toString());
      }),
    );
  });

  it("is of a page or of the entrance, and is written so that it is read again", () => {
    fc.assert(
      fc.property(hash, (text) => {
        const place = readAddress(text);
        expect(["", ...pageNames]).toContain(place.page);
        const written = addressOf(place);
        expect(written.startsWith("#/")).toBe(true);
        expect(addressOf(readAddress(written))).toBe(written);
      }),
    );
  });

  it("takes no more changes than a visitor makes", () => {
    const edits = (count: number) => new URLSearchParams({ edits: Array(count).fill("1,sgd,0.1,0,8").join(";") });
    expect(playground.fromQuery(edits(1000)).edits).toHaveLength(1000);
    expect(playground.fromQuery(edits(1001)).edits).toEqual([]);
  });
});

describe("what a tab keeps of its history", () => {
  it("is read out of anything, as addresses of the site alone", () => {
    const anything = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), hash), fc.anything());
    fc.assert(
      fc.property(anything, (kept) => {
        for (const { page } of leftFromJson(kept).values()) expect(pageNames).toContain(page);
        expect(typeof entryOf(kept)).toMatch(/^(string|undefined)$/);
      }),
    );
    expect(leftFromJson(["#/data", "https://example.com/"])).toEqual(new Map());
    expect(leftFromJson({ a: "https://example.com/#/data", b: "javascript:alert(1)", c: 5 })).toEqual(new Map());
    expect(entryOf({ entry: 5 })).toBeUndefined();
  });

  it("holds the last fifty, under any name", () => {
    const place = readAddress("#/data?seed=1");
    const entries = ["__proto__", "constructor", ...Array.from({ length: 60 }, (_, i) => `e${i}`)];
    const left = leftFromJson(JSON.parse(JSON.stringify(leftToJson(new Map(entries.map((name) => [name, place]))))));
    expect([...left.keys()]).toEqual(entries.slice(-50));
    const proto = leftFromJson(JSON.parse(JSON.stringify(leftToJson(new Map([["__proto__", place]])))));
    expect([...proto].map(([name, { page }]) => [name, page])).toEqual([["__proto__", "data"]]);
  });
});
