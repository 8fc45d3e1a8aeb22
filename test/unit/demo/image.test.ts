import { describe, expect, it } from "vitest";
import { extended, noCurve } from "../../../demo/src/pages/image/curve.ts";
import { encode, frequencies } from "../../../demo/src/pages/image/features.ts";
import {
  detailFor,
  detailsFor,
  finer,
  fromQuery,
  type ImageOptions,
  initialOptions,
  toQuery,
} from "../../../demo/src/pages/image/options.ts";
import { targetsOf, within } from "../../../demo/src/pages/image/picture.ts";
import { mseOf, psnrOf } from "../../../demo/src/pages/image/psnr.ts";
import { paint, samples } from "../../../demo/src/pages/image/samples.ts";
import { randomNumbers } from "../../../demo/src/random.ts";
import { psnrBetween } from "../../demo/pixels.ts";

describe("the PSNR", () => {
  it("is 20 dB where every colour is off by a tenth, and without bound where none is", () => {
    const loss = (3 * 0.1 ** 2) / 2;
    expect(mseOf(loss)).toBeCloseTo(0.01, 15);
    expect(psnrOf(loss)).toBeCloseTo(20, 12);
    expect(psnrOf(0)).toBe(Number.POSITIVE_INFINITY);
  });

  it("follows from the loss as from the pixels", () => {
    const uniform = randomNumbers(1);
    const [o, y] = [0, 1].map(() => Array.from({ length: 300 }, uniform)) as [number[], number[]];
    const loss = o.reduce((sum, value, i) => sum + (value - (y[i] ?? 0)) ** 2 / 2, 0) / 100;
    const rgba = (values: readonly number[]) =>
      Array.from({ length: 400 }, (_, i) => (i % 4 === 3 ? 255 : 255 * (values[3 * Math.floor(i / 4) + (i % 4)] ?? 0)));
    expect(psnrOf(loss)).toBeCloseTo(psnrBetween(rgba(o), rgba(y)), 9);
  });
});

describe("Fourier features", () => {
  it("have frequencies that follow from the seed, with mean 0 and the deviation asked for", () => {
    const [count, scale] = [5000, 7];
    const b = frequencies(count, scale, 3);
    expect(frequencies(count, scale, 3)).toEqual(b);
    expect(frequencies(count, scale, 4)).not.toEqual(b);
    expect(b).toHaveLength(2 * count);
    const mean = b.reduce((sum, one) => sum + one, 0) / b.length;
    const deviation = Math.sqrt(b.reduce((sum, one) => sum + (one - mean) ** 2, 0) / b.length);
    // Five standard errors: of a mean σ/√n, of a deviation σ/√2n.
    expect(Math.abs(mean)).toBeLessThan((5 * scale) / Math.sqrt(b.length));
    expect(Math.abs(deviation - scale)).toBeLessThan((5 * scale) / Math.sqrt(2 * b.length));
  });

  it("are cos 2πBv and sin 2πBv at the pixels’ centres, on one scale for both sides", () => {
    const x = encode({ columns: 4, rows: 2 }, Float64Array.of(1, 0, 0.5, -3));
    expect(x).toHaveLength(8 * 4);
    // Column 2 of row 1: x = 2.5/4, y = 1.5/4.
    const angles = [0.625, 0.5 * 0.625 - 3 * 0.375].map((waves) => 2 * Math.PI * waves);
    const expected = [...angles.map(Math.cos), ...angles.map(Math.sin)];
    expect(Array.from(x.subarray(6 * 4, 7 * 4))).toEqual(Array.from(Float32Array.from(expected)));
  });

  it("are the coordinates from −1 to 1 where there are none", () => {
    const x = encode({ columns: 2, rows: 1 }, new Float64Array());
    expect(Array.from(x)).toEqual([-0.5, -0.5, 0.5, -0.5]);
  });

  it("of a finer grid have the pixels’ own in their middle", () => {
    const grid = { columns: 5, rows: 3 };
    const b = frequencies(4, 2, 0);
    const [coarse, fine] = [encode(grid, b), encode(finer(grid, 3), b)];
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 5; column++) {
        const at = (3 * row + 1) * 15 + 3 * column + 1;
        const own = coarse.subarray((row * 5 + column) * 8, (row * 5 + column + 1) * 8);
        // The centres may differ in the last bit of a double, times 2π and some waves.
        fine.subarray(at * 8, at * 8 + 8).forEach((value, i) => {
          expect(value).toBeCloseTo(own[i] ?? Number.NaN, 6);
        });
      }
    }
  });
});

describe("pictures", () => {
  it("are scaled into the longest side, in proportion, and never enlarged", () => {
    expect(within(4000, 3000, 128)).toEqual({ columns: 128, rows: 96 });
    expect(within(30, 90, 64)).toEqual({ columns: 21, rows: 64 });
    expect(within(20, 10, 64)).toEqual({ columns: 20, rows: 10 });
    expect(within(10000, 1, 64)).toEqual({ columns: 64, rows: 1 });
  });

  it("become red, green and blue from 0 to 1", () => {
    const pixels = Uint8ClampedArray.of(255, 0, 51, 255, 0, 255, 102, 255);
    const targets = targetsOf({ name: "two", columns: 2, rows: 1, pixels });
    expect(Array.from(targets)).toEqual(Array.from(Float32Array.of(1, 0, 0.2, 0, 1, 0.4)));
  });

  it.each(samples.map((sample) => [sample.name, sample] as const))("%s are opaque and of many colours", (_, sample) => {
    const pixels = paint(sample, { columns: 40, rows: 30 });
    const colours = new Set(Array.from({ length: 1200 }, (_, i) => pixels.slice(4 * i, 4 * i + 4).join()));
    expect(colours.size).toBeGreaterThan(200);
    expect(pixels.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
  });
});

describe("the options of the page Image", () => {
  const options: ImageOptions = {
    sample: "glass",
    size: 64,
    features: 0,
    scale: 20,
    layers: 4,
    units: 32,
    optimizer: "momentum",
    rate: 0.3,
    batch: 4096,
    epochs: 320,
    seed: 4294967295,
    detail: 4,
    compare: true,
  };

  it("come back from the address, and nonsense in it is left aside", () => {
    expect(fromQuery(new URLSearchParams(toQuery(options).toString()))).toEqual(options);
    expect(toQuery(initialOptions).toString()).toBe("");
    const nonsense = "sample=none&size=1&features=3&scale=-1&layers=0&rate=x&seed=0.5&detail=3&compare=maybe";
    expect(fromQuery(new URLSearchParams(nonsense))).toEqual(initialOptions);
  });

  it("allow only the detail whose forward pass fits into 512 MiB", () => {
    const large = { ...initialOptions, units: 256, layers: 3, detail: 4 };
    const grid = { columns: 192, rows: 192 };
    // 4 bytes of 128 inputs, three times 256 units and 3 colours: 126 MiB for a pixel each, 506 MiB for four.
    expect(detailsFor(grid, large)).toEqual([1, 2]);
    expect(detailFor(grid, large)).toBe(2);
    expect(detailFor({ columns: 64, rows: 48 }, large)).toBe(4);
  });
});

describe("the curve", () => {
  it("keeps its last point, and at most 400", () => {
    let curve = noCurve;
    for (let step = 0; step <= 5000; step++) curve = extended(curve, step, 2 * step, null);
    expect(curve.steps.length).toBeLessThanOrEqual(400);
    expect(curve.steps.at(-1)).toBe(5000);
    expect(curve.main).toEqual(curve.steps.map((step) => 2 * step));
    expect(curve.plain).toHaveLength(curve.steps.length);
  });

  it("has one point a step", () => {
    const curve = extended(extended(extended(noCurve, 0, 8, 7), 5, 20, 10), 5, 21, 11);
    expect(curve).toEqual({ steps: [0, 5], main: [8, 21], plain: [7, 11] });
  });
});
