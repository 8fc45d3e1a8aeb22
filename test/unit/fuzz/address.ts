import assert from "node:assert/strict";
import * as fc from "fast-check";
import * as data from "../../../demo/src/pages/data/options.ts";
import * as digits from "../../../demo/src/pages/digits/options.ts";
import * as image from "../../../demo/src/pages/image/options.ts";
import { trainerOptions } from "../../../demo/src/pages/inside/options.ts";
import * as inside from "../../../demo/src/pages/inside/state.ts";
import * as playground from "../../../demo/src/pages/playground/options.ts";
import { pointsOf } from "../../../demo/src/pages/playground/points.ts";
import { shownOf, withShown } from "../../../demo/src/pages/playground/shown.ts";
import { namesText, parseNames } from "../../../demo/src/query.ts";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { hostile, mostly } from "./atoms.ts";
import { BROWSER_RATIO, encode, type Format, type Input, type Reach, type Verdict } from "./format.ts";
import { mutants } from "./mutate.ts";
import { openSite } from "./site.ts";

const seeds: readonly Uint8Array[] = [
  "#/playground?points=spiral&count=300&noise=0.02&layers=8,8&activation=tanh&loss=crossEntropy&seed=1&live=adam,0.03,0,32",
  "#/playground?points=drawn&drawn=AA0zz1Mm0&layers=4&seed=2&live=sgd,0.1,0.01,4&edits=10,adam,0.1,0,8;20,sgd,1,0,1&step=30&unit=1,2&speed=slow",
  "#/inside?units=2-4-3-2&rows=4&activation=tanh&loss=crossEntropy&rate=0.5&decay=0&seed=7&step=3&stop=4",
  "#/inside?units=2-2-2&rows=1&activation=sigmoid&loss=squaredError&output=sigmoid&rate=0.5&decay=0&start=worked",
  "#/digits?layers=64,32&activation=tanh&optimizer=momentum&rate=0.03&decay=1&batch=128&epochs=160&seed=5",
  "#/image?sample=dusk&size=32&features=16&scale=20&layers=4&units=32&optimizer=sgd&rate=0.3&batch=128&compare=true",
  "#/data?sample=houses&target=price&task=regression&ignored=a%252Cb,c&layers=16,8&rate=0.001&testFraction=0.5&scale=none",
  "#/data?target=x&layers=none&activation=sigmoid&optimizer=adamw&decay=0.1&batch=65536&epochs=100000&seed=4294967295",
  "#/gpu?check=off&seconds=3",
  "#/",
  "",
].map(encode);

const pages = [
  "playground",
  "inside",
  "digits",
  "image",
  "data",
  "gpu",
  "",
  "nope",
  "__proto__",
  "constructor",
  "Data",
];

/** What the pages read, with words that some of them know. */
const known: Readonly<Record<string, readonly string[]>> = {
  points: ["spiral", "xor", "drawn", "constructor"],
  count: ["10", "300", "1000", "1001"],
  noise: ["0", "0.5", "1e-9"],
  layers: ["8,8", "none", "64", "64,32", "1", "4", "9999,9999", "1,1,1,1,1,1,1", ""],
  activation: ["relu", "tanh", "sigmoid", "identity"],
  loss: ["crossEntropy", "squaredError"],
  seed: ["0", "1", "4294967295", "4294967296"],
  drawn: ["", "AA0", "AA0zz1", "--1__0", "AA2"],
  live: ["adam,0.03,0,32", "sgd,1,0,1", "adamw,1e-9,5,4096"],
  edits: ["1,sgd,0.1,0,1", "3,adam,1,0,2;1,sgd,0.5,0,1", ";;", "-1,sgd,1,0,1"],
  step: ["1", "1000", "1e8", "1e9"],
  stop: ["1", "99"],
  units: ["2-2-2", "2-4-3-2", "6-6-6-6-6", "1-1", "32", "-", "2--2"],
  unit: ["0,0", "1,3", "9,9", "1,1,1"],
  speed: ["slow", "full"],
  rows: ["1", "8"],
  output: ["sigmoid"],
  rate: ["0.1", "1", "1e-300", "3e38", "0.005"],
  decay: ["0", "0.1", "1e39"],
  start: ["worked"],
  optimizer: ["sgd", "momentum", "adam", "adamw"],
  batch: ["1", "32", "512", "65536"],
  epochs: ["1", "40", "100000"],
  sample: ["dusk", "houses", "constructor"],
  size: ["32", "192"],
  features: ["0", "64"],
  scale: ["none", "minmax", "5"],
  scaleTarget: ["none"],
  detail: ["1", "4"],
  compare: ["true", "false"],
  target: ["price", "__proto__"],
  task: ["regression", "classification"],
  ignored: ["a,b", "a%2Cb,c%25", "%", ","],
  testFraction: ["0", "0.5", "1"],
  seconds: ["1", "600", "601"],
  check: ["off"],
};

/** One letter in hundreds may stand for itself where it ought not. */
const coded = (text: string): string => encodeURIComponent(new TextDecoder().decode(encode(text)));

const drawn = (reach: Reach): fc.Arbitrary<Uint8Array> => {
  const pair = fc
    .constantFrom(...Object.entries(known))
    .chain(([name, values]) =>
      fc.tuple(mostly(fc.constant(name), "short", 3), mostly(fc.constantFrom(...values), reach, 25), fc.nat(9)),
    );
  return fc
    .tuple(fc.constantFrom(...pages, ...pages.slice(0, 6)), fc.array(pair, { maxLength: 12 }))
    .map(([page, pairs]) =>
      encode(
        `#/${page}?${pairs.map(([name, text, raw]) => (raw === 0 ? `${name}=${text}` : `${coded(name)}=${coded(text)}`)).join("&")}`,
      ),
    );
};

const pumped: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom<(n: number) => string>(
      (n) => `#/playground?layers=${"1,".repeat(n)}1`,
      (n) => `#/playground?points=drawn&drawn=${"AA0".repeat(n >> 4)}`,
      (n) => `#/playground?edits=${"1,sgd,1,0,1;".repeat(n >> 4)}`,
      (n) => `#/data?layers=${"1 ,".repeat(n)}x`,
      (n) => `#/data?layers=1${" ".repeat(n)}x`,
      (n) => `#/data?ignored=${"%252C,".repeat(n)}`,
      (n) => `#/inside?units=${"1-".repeat(n)}`,
      (n) => `#${"/".repeat(n)}?`,
      (n) => `#/data?${"a=1&".repeat(n)}`,
      (n) => `#/digits?seed=${"1".repeat(n)}x`,
      (n) => `#/digits?seed=${"?".repeat(n)}`,
    ),
    fc.integer({ min: 1000, max: 60_000 }),
  )
  .map(([shape, times]) => encode(shape(times)));

const arbitrary = (reach: Reach): fc.Arbitrary<Input> =>
  fc
    .oneof(
      { weight: 300, arbitrary: drawn(reach) },
      { weight: 150, arbitrary: mutants(seeds, reach) },
      { weight: 20, arbitrary: hostile(reach).map(encode) },
      ...(reach === "long" ? [{ weight: 1, arbitrary: pumped }] : []),
    )
    .map((bytes) => ({ bytes }));

const asText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** What a page takes out of an address is written as an address that says the same. */
function checkPage<T>(
  query: URLSearchParams,
  fromQuery: (query: URLSearchParams) => T,
  toQuery: (state: T) => URLSearchParams,
): T {
  const state = fromQuery(query);
  const text = toQuery(state).toString();
  assert.equal(toQuery(fromQuery(new URLSearchParams(text))).toString(), text, "an address says all of a state");
  return state;
}

/** Every number in a state is one that can be shown, and trained with. */
function checkFinite(state: unknown): void {
  if (typeof state === "number") assert.ok(Number.isFinite(state), "a finite number");
  else if (typeof state === "object" && state !== null) for (const part of Object.values(state)) checkFinite(part);
}

const table = { columns: ["price", "a", "a,b", "c%", "__proto__"], from: { ...data.initialOptions, target: "price" } };

/** By page: reads a query, and builds what the page would of it. @returns whether it says anything */
const readers: Readonly<Record<string, (query: URLSearchParams) => object>> = {
  playground(query) {
    const state = checkPage(query, playground.fromQuery, playground.toQuery);
    const { run, edits, step } = state;
    const shown = shownOf(query, run.layers);
    assert.deepEqual(shownOf(withShown(playground.toQuery(state), shown), run.layers), shown);
    if (run.drawn.length <= 3000) {
      const { train } = pointsOf(run);
      assert.ok(train.length > 0 && train.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)), "points");
    }
    assert.ok(
      edits.every((edit, i) => edit.step >= (edits[i - 1]?.step ?? 0)),
      "edits in order",
    );
    playground.liveAt(state, step);
    return state;
  },
  inside(query) {
    const state = checkPage(query, inside.fromQuery, inside.toQuery);
    createReferenceTrainer(trainerOptions(state)).dispose();
    return state;
  },
  digits(query) {
    const options = checkPage(query, digits.fromQuery, digits.toQuery);
    digits.modelOf(options);
    return options;
  },
  image(query) {
    const options = checkPage(query, image.fromQuery, image.toQuery);
    image.modelOf(options);
    return options;
  },
  data(query) {
    const { columns, from } = table;
    const options = checkPage(
      query,
      (given) => data.fromQuery(given, from),
      (given) => data.toQuery(given, from, undefined),
    );
    assert.deepEqual(parseNames(namesText(options.ignored)), options.ignored);
    const fitting = data.fitTo(columns, options, from);
    assert.ok(columns.includes(fitting.target) && !fitting.ignored.includes(fitting.target));
    JSON.stringify(data.configOf(100, "regression", fitting));
    return options;
  },
};

export async function addressFormat(): Promise<Format> {
  const { window, router, close } = await openSite();
  const begun = Object.fromEntries(
    Object.entries(readers).map(([page, readPage]) => [page, JSON.stringify(readPage(new URLSearchParams()))]),
  );
  return {
    ratio: BROWSER_RATIO,
    arbitrary,
    check: ({ bytes }): Verdict => {
      const hash = asText(bytes);
      // Another first, since the router looks at what changes.
      for (const one of ["#/gpu?x", hash.startsWith("#") ? hash : `#${hash}`]) {
        window.hash = one;
        window.state = null;
        window.tell();
      }
      window.written.length = 0;
      window.session.clear();
      const page = router.currentPage.value;
      assert.ok(["", ...pages.slice(0, 6)].includes(page), `page ${page}`);
      const query = router.currentQuery();
      const readPage = readers[page || "playground"];
      if (readPage === undefined) return "refused";
      const state = readPage(query);
      checkFinite(state);
      router.writeQuery(page || "playground", query);
      assert.ok(
        window.written.every((address) => address.startsWith("#/")),
        "an address of the site",
      );
      return JSON.stringify(state) === begun[page || "playground"] ? "refused" : "accepted";
    },
    close,
  };
}
