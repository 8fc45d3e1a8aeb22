import { describe, expect, it } from "vitest";
import { PIXELS } from "../../../demo/src/digits.ts";
import type { DigitsContract, View } from "../../../demo/src/pages/digits/contract.ts";
import { CLASSES, type DigitsOptions, initialOptions } from "../../../demo/src/pages/digits/options.ts";
import { preprocess } from "../../../demo/src/pages/digits/preprocess.ts";
import { open } from "../../../demo/src/pages/digits/session.ts";
import { createReferenceTrainer, loadModel, NumericError, sgd } from "../../../src/index.ts";
import { drawings } from "../../demo/drawings.ts";
import { readDigits } from "./digits-set.ts";
import { Canvas, passFrame, useSessions } from "./session.ts";

type Event<K extends DigitsContract["event"]["kind"]> = DigitsContract["event"] & { kind: K };

const sessions = useSessions();
const [all, few] = [readDigits(), readDigits(300)];

/** Ten units at most, in a tenth of the time that the first options take. */
const small: DigitsOptions = { ...initialOptions, layers: [], epochs: 10 };
/** Longer than a test looks. */
const long: DigitsOptions = { ...small, epochs: 1e6 };

function visit(digits = few) {
  const session = sessions<DigitsContract>(open);
  const { call, events, until } = session;
  void call.take(digits);
  const of = <K extends DigitsContract["event"]["kind"]>(kind: K) =>
    events.filter((event): event is Event<K> => event.kind === kind);
  const status = () => of("status").at(-1)?.status;
  const begun = () => of("begun").at(-1);
  const steps = () => status()?.progress.step ?? 0;
  const done = () => until(() => status()?.progress.running === false && steps() === status()?.progress.until);
  const probabilities = () => Array.from(of("seen").at(-1)?.probabilities ?? []);
  const taken = () => probabilities().indexOf(Math.max(...probabilities()));
  const under = (steps: number) => until(() => (status()?.progress.step ?? 0) > steps);
  return { ...session, of, status, begun, steps, done, under, probabilities, taken };
}

const imageOf = ({ pixels }: typeof all, image: number) => pixels.slice(image * PIXELS, (image + 1) * PIXELS);

const view: View = {
  width: 300,
  ratio: 1,
  palette: { negative: [0, 0, 1], zero: [1, 1, 1], positive: [1, 0, 0], ink: [0, 0, 0] },
};

describe("the digits' session", () => {
  it("learns from four fifths of the images, and recognises drawn digits", async () => {
    const { call, begun, status, done, taken } = visit(all);
    await call.begin({ ...initialOptions, layers: [32], optimizer: "momentum", epochs: 10 }, 0);
    expect([begun()?.train, begun()?.test.length]).toEqual([1438, 359]);
    // Untrained, it guesses.
    expect(status()?.judgement.accuracy).toBeLessThan(0.3);
    await call.play();
    await done();
    expect(status()?.progress).toMatchObject({ step: 450, until: 450, epoch: 10, running: false });
    expect(status()?.judgement.accuracy).toBeGreaterThan(0.95);
    for (const [digit, strokes] of drawings) {
      await call.look(preprocess(strokes));
      expect(taken()).toBe(digit);
    }
  });

  it("judges by the test images: which is taken for which, and the surest mistakes first", async () => {
    const { call, begun, status, done, taken, probabilities } = visit(all);
    await call.begin(small, 0);
    await call.play();
    await done();
    const { accuracy = 0, confusion = [], mistakes, worst = [] } = status()?.judgement ?? {};
    const right = confusion.filter((_, i) => i % (CLASSES + 1) === 0).reduce((sum, one) => sum + one, 0);
    expect(confusion.reduce((sum, one) => sum + one, 0)).toBe(359);
    expect(right / 359).toBeCloseTo(accuracy, 12);
    expect(mistakes).toBe(359 - right);
    expect(worst).toHaveLength(Math.min(12, 359 - right));
    expect(worst.map(({ probability }) => probability)).toEqual(
      worst.map(({ probability }) => probability).toSorted((a, b) => b - a),
    );
    for (const { image, truth, predicted, probability, truthProbability } of worst) {
      expect(begun()?.test).toContain(image);
      expect([truth, truth === predicted]).toEqual([all.labels[image], false]);
      await call.look(imageOf(all, image));
      expect(taken()).toBe(predicted);
      expect(probabilities()[predicted]).toBeCloseTo(probability, 6);
      expect(probabilities()[truth]).toBeCloseTo(truthProbability, 6);
    }
  });

  it("tells of the image that was asked for last alone, and again while it learns", async () => {
    const { call, events, of, until, done, probabilities, taken } = visit();
    await call.begin(small, 0);
    await Promise.all([call.look(imageOf(few, 0)), call.look(imageOf(few, 1)), call.look(imageOf(few, 2))]);
    expect(of("seen")).toHaveLength(1);
    const untrained = probabilities();
    await call.play();
    await done();
    // What it makes of the image is told after each report, so after the last one too.
    await until(() => events.at(-1)?.kind === "seen");
    expect(probabilities()).not.toEqual(untrained);
    expect(taken()).toBe(few.labels[2]);
    await call.look(undefined);
    const { length } = of("seen");
    await call.play();
    await done();
    expect(of("seen")).toHaveLength(length);
  });

  it("stays where it is paused, also while images are looked at, and goes on from there", async () => {
    const { call, status, steps, under } = visit();
    await call.begin(long, 0);
    await call.play();
    await under(0);
    await call.pause();
    const at = steps();
    expect(status()?.progress).toMatchObject({ running: false, epoch: Math.ceil(at / 8) });
    await call.look(imageOf(few, 0));
    await call.look(imageOf(few, 1));
    expect(steps()).toBe(at);
    await call.play();
    await under(at);
    expect(status()?.progress.until).toBe(8e6);
  });

  it("trains as many epochs again after its end", async () => {
    const { call, status, done } = visit();
    await call.begin(small, 0);
    await call.play();
    await done();
    await call.play();
    await done();
    expect(status()?.progress).toMatchObject({ step: 160, until: 160 });
  });

  it("tells nothing of a run once the next one is begun", async () => {
    const { call, events, of, begun, status, under } = visit();
    await call.begin(long, 0);
    await call.play();
    await under(0);
    // The end of the one before is no news either.
    const from = events.length;
    await call.begin({ ...long, layers: [16] }, 1);
    expect(begun()?.run).toBe(1);
    expect(of("status").filter(({ status: { run } }) => run === 0).length).toBeGreaterThan(0);
    await call.play();
    await under(0);
    for (const event of events.slice(from)) if (event.kind === "status") expect(event.status.run).toBe(1);
    // It began anew, at step 0.
    expect(events.slice(from).find((event) => event.kind === "status")).toMatchObject({
      status: { run: 1, progress: { step: 0, running: false } },
    });
    expect(status()?.run).toBe(1);
  });

  it("makes what the options say", async () => {
    const { call, begun, status } = visit();
    const widths = () => Object.entries(begun()?.plan.tensors ?? {}).filter(([name]) => /^b\d$/.test(name));
    for (const [part, units] of [
      [{ layers: [] }, [10]],
      [{ layers: [64, 32], batch: 128 }, [64, 32, 10]],
      [{ layers: [16], optimizer: "adam" }, [16, 10]],
    ] as const) {
      await call.begin({ ...initialOptions, ...part }, 0);
      expect(widths().map(([, { shape }]) => shape.at(-1))).toEqual(units);
      expect(begun()?.plan.batch).toBe("batch" in part ? part.batch : 32);
    }
    // The seed decides which images are tested on, and the first weights.
    const [test, loss] = [begun()?.test, status()?.judgement.loss];
    await call.begin({ ...initialOptions, layers: [16], seed: 1 }, 0);
    expect(begun()?.test).not.toEqual(test);
    expect(status()?.judgement.loss).not.toBe(loss);
    await call.begin({ ...initialOptions, layers: [16], optimizer: "adam" }, 0);
    expect([begun()?.test, status()?.judgement.loss]).toEqual([test, loss]);
  });

  it("saves a model that predicts what it shows", async () => {
    const { call, done, probabilities } = visit();
    await call.begin(small, 0);
    await call.play();
    await done();
    await call.look(imageOf(few, 7));
    const { model, inputs, loss, parameters } = loadModel(await call.save(), "digits.safetensors");
    expect([inputs, loss]).toEqual([PIXELS, "softmaxCrossEntropy"]);
    const data = { inputs: new Float32Array(PIXELS), targets: Uint32Array.of(0) };
    const other = createReferenceTrainer({ model, loss, optimizer: sgd({ learningRate: 1 }), data });
    await other.setParameters(parameters);
    const predicted = await other.predict(Float32Array.from(imageOf(few, 7), (pixel) => pixel / 16));
    expect(Array.from(predicted.probabilities ?? [])).toEqual(probabilities());
  });

  it("draws each weight of the first layer, and what becomes of it", async () => {
    const { call, done } = visit();
    const canvas = new Canvas();
    await call.begin(small, 0);
    await call.show(canvas.given, view);
    const draw = async () => {
      canvas.filled.length = 0;
      passFrame();
      // The weights are read in a turn of the trainer's, after which they are painted at once.
      while (canvas.filled.length < 10 * PIXELS) await new Promise((resolve) => setTimeout(resolve));
      return canvas.filled.slice();
    };
    const before = await draw();
    expect(before).toHaveLength(10 * PIXELS);
    expect(canvas.width).toBe(view.width);
    await call.play();
    await done();
    const after = await draw();
    expect(after).toHaveLength(10 * PIXELS);
    expect(after).not.toEqual(before);
    call.view({ ...view, width: 600, ratio: 2 });
    await draw();
    expect(canvas.width).toBe(1200);
  });

  it("says what stopped a training that fails, and can be begun again", async () => {
    const { call, faults, status, until, done } = visit();
    await call.begin({ ...small, rate: 1e30 }, 0);
    await call.play();
    await until(() => faults.length > 0 && status()?.progress.running === false);
    expect(faults).toEqual([expect.any(NumericError)]);
    await call.begin(small, 1);
    await call.play();
    await done();
    expect([status()?.run, faults.length]).toEqual([1, 1]);
  });

  it("needs the digits first, and tells nothing once it is closed", async () => {
    const { call: early } = sessions<DigitsContract>(open);
    await expect(early.begin(small, 0)).rejects.toThrow("the digits were not given");
    await expect(early.save()).rejects.toThrow("no run was begun");
    const { call, events, faults, under, close } = visit();
    await call.begin(long, 0);
    await call.play();
    await under(0);
    const { length } = events;
    close();
    // In turn after its end.
    await call.pause();
    expect([events.length, faults]).toEqual([length, []]);
  });
});
