import { afterEach, describe, expect, it, vi } from "vitest";
import { optimizerOf } from "../../../demo/src/network.ts";
import type { ImageContract } from "../../../demo/src/pages/image/contract.ts";
import { encode } from "../../../demo/src/pages/image/features.ts";
import { CPU_SIZE, type ImageOptions, initialOptions, modelOf } from "../../../demo/src/pages/image/options.ts";
import { MOST_BYTES, readPicture, type Source, targetsOf } from "../../../demo/src/pages/image/picture.ts";
import { psnrOf } from "../../../demo/src/pages/image/psnr.ts";
import { open } from "../../../demo/src/pages/image/session.ts";
import { createReferenceTrainer, DataError, NumericError } from "../../../src/index.ts";
import { psnrBetween, psnrOfMean } from "../../demo/pixels.ts";
import { pngOf } from "./headers.ts";
import { Canvas, passFrame, useSessions } from "./session.ts";

const sessions = useSessions();
afterEach(() => void vi.restoreAllMocks());

/** A network that learns little, fast. */
const small: ImageOptions = { ...initialOptions, features: 16, units: 32, epochs: 10 };
/** One that learns fast all the same. */
const keen: ImageOptions = { ...initialOptions, units: 32, batch: 128, rate: 0.01, epochs: 20 };
/** Longer than a test looks. */
const long: ImageOptions = { ...small, epochs: 1e6 };

/** Residual a tenth of the picture's variance, in dB. */
const TENTH = 10;

/** A painted colour is rounded to a 255th, at random: hundredths of a dB here. */
const ROUNDING = 0.1;

function visit() {
  const session = sessions<ImageContract>(open);
  const { events, until } = session;
  const call = {
    ...session.call,
    give: session.call.take,
    /** Reads a picture, as a worker of its own does, and gives it. */
    async take(source: Source, size: number) {
      const picture = await readPicture(source, await session.call.longest(size));
      await session.call.take(picture);
      return picture;
    },
  };
  const status = () => events.findLast((event) => event.kind === "status")?.status;
  const bytes = () => events.findLast((event) => event.kind === "memory")?.bytes ?? {};
  const steps = () => status()?.progress.step ?? 0;
  const done = () => until(() => status()?.progress.running === false && steps() === status()?.progress.until);
  const under = (least: number) => until(() => steps() > least);
  const psnr = () => psnrOf(status()?.loss ?? Number.NaN);
  return { ...session, call, status, bytes, steps, done, under, psnr };
}

/** Lets a browser read files: a picture by what `decode` makes of it. */
const readsFiles = (decode: () => Promise<unknown>) => vi.stubGlobal("createImageBitmap", decode);

const file = (name: string, type: string, content: BlobPart = "x") => new File([content], name, { type });

describe("the image's session", () => {
  it("learns a picture far better than its mean colour, and paints what its PSNR says", async () => {
    const { call, status, done, psnr } = visit();
    const canvas = new Canvas();
    await call.show("main", canvas.given);
    const picture = await call.take("dusk", 128);
    // More would take the CPU minutes.
    expect([picture.columns, picture.rows]).toEqual([CPU_SIZE, 24]);
    await call.begin({ ...keen, features: 32 }, 0);
    const painted = async () => {
      expect((await call.save()).size).toBe(picture.pixels.length);
      expect([canvas.width, canvas.height]).toEqual([picture.columns, picture.rows]);
      expect(Math.abs(psnrBetween(canvas.pixels, picture.pixels) - psnr())).toBeLessThan(ROUNDING);
    };
    const mean = psnrOfMean(Array.from(picture.pixels));
    expect(psnr()).toBeLessThan(mean + 1);
    await painted();
    await call.play();
    await done();
    expect(psnr()).toBeGreaterThan(mean + TENTH);
    await painted();
    const { curve } = status() ?? {};
    expect([curve?.steps[0], curve?.steps.at(-1), curve?.main.at(-1)]).toEqual([0, 120, psnr()]);
    expect(curve?.plain.every((one) => one === null)).toBe(true);
  });

  it("trains a second network by as many steps on plain coordinates, which are not enough for fine rings", async () => {
    const { call, status, steps, bytes, done, psnr } = visit();
    const rings = await call.take("rings", 128);
    await call.begin(keen, 0);
    const alone = bytes();
    expect(status()?.plainLoss).toBeUndefined();
    await call.begin({ ...keen, compare: true }, 1);
    for (const role of ["parameter", "state", "activation", "data"] as const) {
      expect([role, (bytes()[role] ?? 0) > (alone[role] ?? Number.POSITIVE_INFINITY)]).toEqual([role, true]);
    }
    await call.play();
    await done();
    const { plainLoss = Number.NaN, curve } = status() ?? {};
    // By the very steps that a training of plain coordinates by itself takes.
    const data = { inputs: encode(rings, new Float64Array()), targets: targetsOf(rings) };
    const itself = createReferenceTrainer({
      model: modelOf(keen),
      loss: "halfSquaredError",
      optimizer: optimizerOf(keen),
      data,
      batch: keen.batch,
      seed: keen.seed,
    });
    await itself.step(steps());
    expect(plainLoss).toBe((await itself.evaluate(data)).loss);
    // Plain coordinates learn too, and leave at least four times the squared error.
    expect(psnrOf(plainLoss)).toBeGreaterThan(psnrOfMean(Array.from(rings.pixels)) + 1);
    expect(psnr()).toBeGreaterThan(psnrOf(plainLoss) + 6);
    expect([curve?.main.at(-1), curve?.plain.at(-1)]).toEqual([psnr(), psnrOf(plainLoss)]);
    // Plain coordinates are not compared with themselves.
    await call.begin({ ...small, features: 0, compare: true }, 2);
    expect(status()?.plainLoss).toBeUndefined();
  });

  it("paints both networks that are compared, each on its canvas, until one is hidden", async () => {
    const { call, bytes } = visit();
    const [main, plain] = [new Canvas(), new Canvas()];
    await call.take("dusk", 128);
    await call.begin({ ...small, compare: true }, 0);
    const undrawn = bytes().activation ?? 0;
    await call.show("main", main.given);
    await call.show("plain", plain.given);
    const drawn = bytes().activation ?? 0;
    expect(drawn).toBeGreaterThan(undrawn);
    passFrame();
    await call.pause();
    expect([main.pixels.length, plain.pixels.length]).toEqual([4 * 32 * 24, 4 * 32 * 24]);
    expect(main.pixels).not.toEqual(plain.pixels);
    await call.hide("plain");
    plain.pixels = new Uint8ClampedArray();
    await call.begin({ ...small, seed: 1 }, 1);
    passFrame();
    await call.pause();
    expect(plain.pixels).toHaveLength(0);
    expect(bytes().activation).toBeLessThan(drawn);
  });

  it("draws again what has changed since the last frame, and no more than that", async () => {
    const { call, done } = visit();
    const canvas = new Canvas();
    await call.show("main", canvas.given);
    await call.take("dusk", 128);
    await call.begin(small, 0);
    const frame = async () => {
      canvas.pixels = new Uint8ClampedArray();
      passFrame();
      await call.pause();
      return canvas.pixels;
    };
    const first = await frame();
    expect(first).toHaveLength(4 * 32 * 24);
    expect(await frame()).toHaveLength(0);
    await call.play();
    await done();
    const last = await frame();
    expect(last).toHaveLength(4 * 32 * 24);
    expect(last).not.toEqual(first);
  });

  it("keeps the picture before where another cannot be read", async () => {
    const { call, status, done } = visit();
    await call.take("glass", 128);
    readsFiles(async () => {
      throw new Error("no");
    });
    const refused = async (given: File, message: RegExp) => {
      const error = await call.take(given, 64).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(error).toBeInstanceOf(DataError);
      expect(String(error)).toMatch(message);
    };
    await refused(file("a.txt", "text/plain"), /a\.txt.*no picture.*PNG, JPEG or WebP/s);
    await refused(file("a.png", "image/png", pngOf(8, 8)), /a file of type image\/png that cannot be decoded/);
    await refused(file("a.png", "image/png", new Uint8Array(MOST_BYTES + 2 ** 20)), /65\.0 MiB.*at most 64\.0 MiB/s);
    // What is learned is the picture that is there, a square.
    const { plan } = await call.begin({ ...small, batch: 4096 }, 0);
    expect(plan.batch).toBe(32 * 32);
    await call.play();
    await done();
    expect(status()?.progress.step).toBe(10);
  });

  it("takes and begins in turn: the network sees the picture that was given last before it", async () => {
    const { call } = visit();
    const [dusk, rings] = await Promise.all([readPicture("dusk", 32), readPicture("rings", 32)]);
    const [, begun, , again] = await Promise.all([
      call.give(dusk),
      call.begin({ ...small, batch: 4096 }, 0),
      call.give(rings),
      call.begin({ ...small, batch: 4096 }, 1),
    ]);
    expect([begun.run, begun.plan.batch]).toEqual([0, 32 * 24]);
    expect([again.run, again.plan.batch]).toEqual([1, 32 * 32]);
  });

  it("makes what the options say", async () => {
    const { call, status } = visit();
    await call.take("dusk", 128);
    const shapes = async (part: Partial<ImageOptions>) => {
      const { plan } = await call.begin({ ...small, ...part }, 0);
      const weights = Object.entries(plan.tensors).filter(([name]) => /^W\d$/.test(name));
      return [plan.batch, ...weights.map(([, { shape }]) => shape.join("×"))];
    };
    expect(await shapes({ batch: 256 })).toEqual([256, "32×32", "32×32", "3×32"]);
    expect(await shapes({ features: 0, layers: 4, units: 64 })).toEqual([
      512,
      "64×2",
      "64×64",
      "64×64",
      "64×64",
      "3×64",
    ]);
    expect(await shapes({ features: 128, layers: 1, batch: 4096 })).toEqual([768, "32×256", "3×32"]);
    const { loss } = status() ?? {};
    await shapes({ features: 128, layers: 1, batch: 4096, seed: 1 });
    expect(status()?.loss).not.toBe(loss);
    await shapes({ features: 128, layers: 1, batch: 4096 });
    expect(status()?.loss).toBe(loss);
  });

  it("stays where it is paused, and goes on from there", async () => {
    const { call, status, steps, under, psnr } = visit();
    await call.take("dusk", 128);
    await call.begin(long, 0);
    const before = psnr();
    await call.play();
    await under(40);
    await call.pause();
    const at = steps();
    expect(status()?.progress.running).toBe(false);
    expect(psnr()).toBeGreaterThan(before);
    await call.detail(1);
    expect(steps()).toBe(at);
    await call.play();
    await under(at);
  });

  it("tells nothing of a run once the next one is begun, nor anything once it is closed", async () => {
    const { call, events, under, faults, close } = visit();
    await call.take("dusk", 128);
    await call.begin(long, 0);
    await call.play();
    await under(0);
    // The end of the one before is no news either.
    const from = events.length;
    await call.begin(long, 1);
    expect(events.slice(from).find((event) => event.kind === "status")).toMatchObject({
      status: { run: 1, progress: { step: 0, running: false } },
    });
    await call.play();
    await under(0);
    for (const event of events.slice(from)) if (event.kind === "status") expect(event.status.run).toBe(1);
    const { length } = events;
    close();
    // In turn after its end.
    await call.pause();
    expect([events.length, faults]).toEqual([length, []]);
  });

  it("says what is missing, and what stopped a training that fails", async () => {
    const { call, faults, status, until } = visit();
    await expect(call.begin(small, 0)).rejects.toThrow("no picture was taken");
    await expect(call.save()).rejects.toThrow("no canvas was shown");
    await expect(call.take("none", 64)).rejects.toThrow('no sample "none"');
    await call.take("dusk", 128);
    await call.begin({ ...small, optimizer: "sgd", rate: 1e38 }, 0);
    await call.play();
    await until(() => faults.length > 0 && status()?.progress.running === false);
    expect(faults).toEqual([expect.any(NumericError)]);
  });
});
