import { h } from "preact";
import { describe, expect, it } from "vitest";
import { Equations } from "../../../demo/src/pages/playground/equations.tsx";
import { hash } from "../../../demo/src/pages/playground/fingerprint.ts";
import {
  fromQuery,
  initialState,
  liveAt,
  type PlaygroundState,
  toQuery,
} from "../../../demo/src/pages/playground/options.ts";
import {
  drawnFromText,
  drawnToText,
  ERASER,
  erased,
  makePoints,
  pointSets,
  snap,
  starterPoints,
  VIEW,
  withoutErased,
} from "../../../demo/src/pages/playground/points.ts";
import { lowered, soundSteps } from "../../../demo/src/pages/playground/recovery.ts";
import { shownOf, withShown } from "../../../demo/src/pages/playground/shown.ts";
import { told } from "../../../demo/src/pages/playground/words.ts";
import { shownText } from "./shown-text.ts";

const state: PlaygroundState = {
  run: {
    points: "moons",
    count: 120,
    noise: 0.13,
    seed: 4294967295,
    layers: [3, 16, 1],
    activation: "relu",
    loss: "squaredError",
    drawn: "",
  },
  live: { optimizer: "momentum", rate: 0.003, decay: 0.0001, batch: 16 },
  edits: [
    { step: 7, live: { optimizer: "adamw", rate: 0.1, decay: 0, batch: 1 } },
    { step: 90, live: { optimizer: "adamw", rate: 0.1, decay: 1, batch: 1 } },
  ],
  step: 123,
};

const read = (text: string) => fromQuery(new URLSearchParams(text));

describe("the playground's address", () => {
  it("holds the whole state", () => {
    expect(read(toQuery(state).toString())).toEqual(state);
    expect(read(toQuery(initialState).toString())).toEqual(initialState);
    const drawn = { ...initialState, run: { ...initialState.run, points: "drawn" as const, drawn: "AB1x_0" } };
    expect(read(toQuery(drawn).toString())).toEqual(drawn);
  });

  it("without a network is one without hidden layers", () => {
    expect(read("layers=").run.layers).toEqual([]);
    expect(read("").run.layers).toEqual(initialState.run.layers);
  });

  it.each([
    "layers=0",
    "layers=17",
    "layers=1,1,1,1,1,1,1",
    "layers=a",
    "noise=9",
    "count=1",
    "seed=-1",
    "seed=1.5",
    "step=x",
    "step=900000000",
  ])("takes %s for what it began with", (text) => {
    expect(read(text)).toEqual(initialState);
  });

  it.each([
    "sgd,0,0,32",
    "sgd,0.1,-1,32",
    "sgd,0.1,0,0",
    "none,0.1,0,32",
    "sgd",
    "sgd,Infinity,0,32",
    "sgd,1e39,0,32",
    "sgd,1e-46,0,32",
    "sgd,0.1,Infinity,32",
    "sgd,0.1,1e39,32",
  ])("takes no options %s", (text) => {
    expect(read(`live=${text}&edits=5,${text}`)).toEqual(initialState);
  });

  it.each(["", "&drawn=", "&drawn=AB2"])(
    "of drawn points without any, points=drawn%s, has those to begin with",
    (text) => {
      expect(read(`points=drawn${text}`).run.drawn).toBe(drawnToText(starterPoints));
    },
  );

  it("keeps the edits after its step, which are part of the state", () => {
    expect(read("edits=5,sgd,0.1,0,32;6,sgd,0.2,0,32&step=5").edits.map(({ step }) => step)).toEqual([5, 6]);
  });

  it("tells the options in force at each step", () => {
    const rates = [0, 6, 7, 89, 90, 1000].map((step) => liveAt(state, step).decay);
    expect(rates).toEqual([0.0001, 0.0001, 0, 0, 1, 1]);
  });
});

describe("the fingerprint of weights", () => {
  it("is the same for the same bits alone, in whatever buffer they lie", () => {
    const [one, other] = [new Float32Array([0, 1, 2]), new Float32Array([9, 0, 1, 2]).subarray(1)];
    expect(hash([one])).toBe(hash([other]));
    const others = [
      [0, 1, 3],
      [1, 0, 2],
      [-0, 1, 2],
      [0, 1, 2, 0],
      [0, 1],
    ].map((values) => hash([new Float32Array(values)]));
    expect(new Set([hash([one]), ...others]).size).toBe(6);
  });
});

describe("what the playground shows", () => {
  const look = (text: string) => shownOf(new URLSearchParams(text), [3, 4]);

  it.each([
    { speed: "slow", unit: { layer: 2, unit: 3 } },
    { speed: "medium", unit: { layer: 0, unit: 1 } },
    { speed: "full", unit: undefined },
  ] as const)("is told by the address: $speed, $unit", (shown) => {
    expect(look(withShown(toQuery(state), shown).toString())).toEqual(shown);
    expect(read(withShown(toQuery(state), shown).toString())).toEqual(state);
  });

  it.each(["unit=1,3", "unit=3,0", "unit=0,2", "unit=1", "unit=1,1,1", "unit=a,0", "unit=-1,0", "unit=", "speed=fast"])(
    "is the output at full speed for %s",
    (text) => {
      expect(look(text)).toEqual({ speed: "full", unit: undefined });
    },
  );
});

describe("the playground's formulas", () => {
  it.each([
    [0.1, 0.1, "(1−0.01)"],
    [0.0003, 0.0001, "(1−3e-8)"],
  ])("show the decay of AdamW by rate %d and decay %d without the digits of rounding", (rate, decay, factor) => {
    const live = { optimizer: "adamw" as const, rate, decay, batch: 32 };
    expect(shownText(h(Equations, { run: state.run, live }))).toContain(`ω←${factor}ω`);
  });
});

describe("the playground's points", () => {
  it.each(pointSets.filter((set) => set !== "drawn"))(
    "%s are the same for the same seed, of both labels in turn",
    (set) => {
      const points = makePoints(set, 40, 0.1, 3);
      expect(makePoints(set, 40, 0.1, 3)).toEqual(points);
      expect(makePoints(set, 40, 0.1, 4)).not.toEqual(points);
      expect(points.map(({ label }) => label)).toEqual(Array.from({ length: 40 }, (_, i) => i % 2));
      expect(points.every(({ x, y }) => Math.abs(x) < 1.6 && Math.abs(y) < 1.6)).toBe(true);
    },
  );

  it("drawn by hand are told exactly by their text", () => {
    const points = makePoints("spiral", 50, 0.1, 1).map(snap);
    expect(drawnFromText(drawnToText(points))).toEqual(points);
  });

  it("are erased where the eraser passes, one by one or by a stroke, but for the last", () => {
    const points = [-0.6, -0.2, 0.2, 0.6].map((x, i) => snap({ x, y: 0, label: i % 2 }));
    const left = (...path: readonly { x: number; y: number }[]) =>
      withoutErased(points, erased(points, path)).map((point) => points.indexOf(point));
    expect(left({ x: -0.2, y: 0.05 })).toEqual([0, 2, 3]);
    expect(left({ x: 0, y: 0 })).toEqual([0, 1, 2, 3]);
    // Between two places of a quick stroke too.
    expect(left({ x: -0.4, y: 0 }, { x: 0.4, y: 0 })).toEqual([0, 3]);
    expect(left({ x: -1, y: 0 }, { x: 1, y: 0 })).toEqual([3]);
  });

  it("are all within reach of an eraser that moves by the steps of the keyboard", () => {
    const grid = Array.from({ length: 25 }, (_, i) => Math.max(-VIEW, Math.min(VIEW, (i - 12) / 10)));
    const nearest = (value: number) => Math.min(...grid.map((one) => Math.abs(one - value)));
    const cells = Array.from({ length: 64 }, (_, i) => snap({ x: -VIEW + (i * 2 * VIEW) / 63, y: 0, label: 0 }).x);
    expect(Math.SQRT2 * Math.max(...cells.map(nearest))).toBeLessThan(ERASER);
  });
});

describe("the way out where numbers grew beyond all bounds", () => {
  it.each([
    [0.3, 0.03],
    [0.03, 0.003],
    [1e30, 1],
    [0.05, 0.003],
    [0.001, 0.0001],
  ])("lowers the rate %d to %d", (rate, lower) => {
    expect(lowered(rate)).toBe(lower);
  });

  it("looks for a sound step from the last, ever faster, to the beginning", () => {
    const curves = (train: readonly number[]) => ({
      train,
      steps: train.map((_, i) => 10 * (i + 1)),
      test: train.map(() => null),
    });
    expect(soundSteps(curves([]))).toEqual([0]);
    expect(soundSteps(curves([0.7, 0.6, 0.5, 0.6, 0.4, 30, 1e20]))).toEqual([50, 40, 20, 0]);
    expect(soundSteps(curves([0.7, Number.NaN, Number.POSITIVE_INFINITY]))).toEqual([10, 0]);
  });

  it("says what was done", () => {
    const loss = 0.4321;
    expect(told({ from: 1315, step: 1200, loss, rates: [0.3, 0.03] })).toBe(
      "Training went back from step 1,315 to step 1,200, where the loss is 0.4321, and the learning rate η is 0.03 instead of 0.3 from here on.",
    );
    expect(told({ from: 2, step: 0, loss, rates: [1e30, 1] })).toBe(
      "Training went back from step 2 to the first weights, where the loss is 0.4321, and the learning rate η is 1 instead of 1e+30 from here on.",
    );
  });
});
