import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PlaygroundContract, Status, View } from "../../../demo/src/pages/playground/contract.ts";
import { Engine } from "../../../demo/src/pages/playground/engine.ts";
import { fromQuery, liveAt, toQuery } from "../../../demo/src/pages/playground/options.ts";
import { open } from "../../../demo/src/pages/playground/session.ts";
import type { Palette } from "../../../demo/src/theme.ts";
import { CPU_SLICE, REPORT_INTERVAL } from "../../../demo/src/worker/pace.ts";
import type { Session } from "../../../demo/src/worker/session.ts";
import { FakeCanvas } from "./canvas.ts";

type Event = PlaygroundContract["event"];

const sessions: Session<PlaygroundContract>[] = [];
/** Time in ms, of which each step takes one. */
let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.stubGlobal("requestAnimationFrame", () => 0);
  vi.stubGlobal("OffscreenCanvas", FakeCanvas);
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A session that trains on the CPU. */
function begin(query: string) {
  const { advance } = Engine.prototype;
  if (!vi.isMockFunction(advance)) {
    vi.spyOn(Engine.prototype, "advance").mockImplementation(async function (this: Engine, steps) {
      const report = await advance.call(this, steps);
      now += report.steps;
      return report;
    });
  }
  const events: Event[] = [];
  const listeners = new Set<() => void>();
  const session = open({
    device: undefined,
    emit(event) {
      events.push(event);
      for (const listener of listeners) listener();
    },
    fail: (error) => {
      throw error;
    },
  });
  sessions.push(session);
  const begun = session.methods.begin(
    fromQuery(new URLSearchParams({ layers: "2", points: "gauss", ...Object.fromEntries(new URLSearchParams(query)) })),
    0,
  );
  const last = (): Status | undefined => events.findLast((event) => event.kind === "status")?.status;
  /** When what was told fits. */
  const when = <T>(find: () => T | undefined) =>
    new Promise<T>((resolve) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
    });
  const until = (fits: (status: Status | undefined) => boolean) => when(() => (fits(last()) ? true : undefined));
  /** Runs that the pictures have shown, in their order. */
  const shown = () => events.flatMap((event) => (event.kind === "drawn" ? [event.run] : []));
  const replayed = () => when(() => events.find((event) => event.kind === "replay")?.replay);
  return { ...session.methods, begun, last, when, until, replayed, shown };
}

/** Gives the frames that a session asks for. */
function useFrames(): () => void {
  let frame = () => {};
  vi.stubGlobal("requestAnimationFrame", (next: () => void) => {
    frame = next;
  });
  return () => frame();
}

const canvas = () => new FakeCanvas() as unknown as OffscreenCanvas;
const palette: Palette = {
  negative: [1, 0, 0],
  zero: [1, 1, 1],
  positive: [0, 0, 1],
  ink: [0, 0, 0],
};
const view: View = { surface: 20, network: 200, ratio: 1, palette, unit: undefined };
const liveOf = (status: Status | undefined) => status && liveAt(status.state, status.state.step);

describe("the playground's session", () => {
  it("keeps both of two edits made at once, and trains on", async () => {
    const { begun, play, edit, pause, last, until } = begin("live=sgd,0.1,0,32");
    await begun;
    await play("full");
    await until((status) => (status?.state.step ?? 0) > 20);
    await Promise.all([edit({ rate: 0.03 }), edit({ batch: 64 })]);
    expect(liveOf(last())).toEqual({ optimizer: "sgd", rate: 0.03, decay: 0, batch: 64 });
    const { step } = last()?.state ?? { step: Number.NaN };
    await until((status) => status?.running === true && status.state.step > step + 20);
    await pause();
    expect(last()?.running).toBe(false);
  });

  it("goes to the step of an address, and has reached the edits after it", async () => {
    const { begun, last } = begin("live=sgd,0.1,0,32&edits=30,sgd,0.3,0,32;90,sgd,0.1,0,32&step=60");
    await begun;
    expect([last()?.state.step, last()?.reached]).toEqual([60, 90]);
    expect(last()?.state.edits).toHaveLength(2);
  });

  it("needs no cryptography, which browsers keep from pages that came over http", async () => {
    vi.stubGlobal("crypto", {});
    const { begun, last } = begin("");
    await begun;
    expect(last()?.fingerprint).toMatch(/^[0-9a-f]{12}$/);
  });

  it("begins the run that could not be begun when an option is changed", async () => {
    const { begun, begin: beginAgain, edit, last } = begin("");
    await begun;
    const state = fromQuery(new URLSearchParams("points=moons"));
    const broken = { ...state, live: { ...state.live, rate: Number.POSITIVE_INFINITY } };
    await expect(beginAgain(broken, 1)).rejects.toThrow("learningRate");
    await edit({ rate: 0.1 });
    expect([last()?.run, last()?.state.run.points, liveOf(last())?.rate]).toEqual([1, "moons", 0.1]);
  });

  it("replays in slices that last about as long as those of training", async () => {
    const { begun, pause, replayed } = begin("step=90000000");
    await replayed();
    await pause();
    await begun;
    const sizes = vi.mocked(Engine.prototype.advance).mock.calls.map(([steps]) => steps);
    expect(sizes[0]).toBe(8);
    expect(new Set(sizes.slice(1))).toEqual(new Set([CPU_SLICE]));
  });

  it("stops a replay at the step reached, and gives it up for another run", async () => {
    const { begun, begin: beginAgain, pause, last, replayed } = begin("step=90000000");
    await replayed();
    await pause();
    await begun;
    const { step } = last()?.state ?? { step: Number.NaN };
    expect([last()?.running, last()?.reached]).toEqual([false, step]);
    expect(step).toBeGreaterThan(0);
    expect(last()?.fingerprint).toBeDefined();
    void beginAgain(fromQuery(new URLSearchParams("layers=2&points=gauss&step=90000000")), 1);
    void beginAgain(fromQuery(new URLSearchParams("layers=2&points=moons&step=90000000")), 2);
    await pause();
    expect([last()?.run, last()?.state.run.points]).toEqual([2, "moons"]);
  });

  it("tells how far a replay is, from the step at which it begins", async () => {
    const { begun, pause, replayed } = begin("step=90000000");
    const { step, from, to, seconds } = await replayed();
    expect([from, to]).toEqual([0, 90000000]);
    expect(step).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThan(0);
    await pause();
    await begun;
  });

  it("counts the pictures of a second while it trains, without the rest before", async () => {
    const frame = useFrames();
    const { begun, show, play, until, last } = begin("");
    await show({ surface: canvas(), network: canvas() }, view);
    await begun;
    /** A picture, and training until it is reported again. */
    const draw = async () => {
      frame();
      const { step } = last()?.state ?? { step: Number.NaN };
      await until((status) => status?.running === true && status.state.step > step);
    };
    now += 60_000;
    await play("full");
    await draw();
    expect(last()?.framesPerSecond).toBeUndefined();
    for (let i = 0; i < 12; i++) await draw();
    // One for each report, and one before.
    expect(last()?.framesPerSecond).toBeGreaterThan(1000 / (2 * REPORT_INTERVAL));
    expect(last()?.framesPerSecond).toBeLessThanOrEqual(1 + 1000 / REPORT_INTERVAL);
  });

  it("begins of runs that are wanted one after the other the last, and tells when the pictures show it", async () => {
    const frame = useFrames();
    const beginEngine = vi.spyOn(Engine, "begin");
    const { begun, begin: beginAgain, show, last, when, shown } = begin("");
    await Promise.all([begun, show({ surface: canvas(), network: canvas() }, view)]);
    frame();
    await when(() => shown().at(-1) === 0 || undefined);
    const counts = [100, 120, 140, 160, 180, 200];
    const state = (count: number) => fromQuery(new URLSearchParams(`layers=2&points=moons&count=${count}`));
    const beginnings = counts.map((count, i) => beginAgain(state(count), i + 1));
    // What is drawn meanwhile is of the run before.
    frame();
    await Promise.all(beginnings);
    expect([last()?.run, last()?.state.run.count]).toEqual([counts.length, 200]);
    // The first may have been under way.
    expect(beginEngine.mock.calls.length - 1).toBeLessThanOrEqual(2);
    expect(shown()).toEqual([0]);
    frame();
    await when(() => shown().length === 2 || undefined);
    expect(shown()).toEqual([0, counts.length]);
  });

  it.each(["circle", "xor", "gauss", "moons"])("learns %s", async (points) => {
    const { begun, play, until, pause, last } = begin(`points=${points}&layers=8,8&seed=3`);
    await begun;
    expect(last()?.accuracy?.test).toBeLessThan(0.95);
    await play("full");
    await until((status) => (status?.accuracy?.test ?? 0) >= 0.95);
    await pause();
  });

  it("forgets what was logged after the step at which an option is changed", async () => {
    const { begun, rewind, edit, last } = begin("live=sgd,0.1,0,32&edits=20,sgd,0.3,0,32&step=40");
    await begun;
    await rewind(10);
    await edit({ decay: 0.1 });
    expect(last()?.state.edits).toEqual([{ step: 10, live: { optimizer: "sgd", rate: 0.1, decay: 0.1, batch: 32 } }]);
  });

  it("trains on after its weights were saved", async () => {
    const { begun, play, save, last, until } = begin("");
    await begun;
    await play("full");
    await save();
    const { step } = last()?.state ?? { step: Number.NaN };
    await until((status) => status?.running === true && status.state.step > step + 20);
  });

  it("begins with what is edited at step 0, with the weights of an address that says so", async () => {
    const other = begin("live=adam,0.01,0.1,16&step=40");
    await other.begun;
    const { begun, edit, advance, last } = begin("live=sgd,0.1,0,32&edits=5,sgd,0.1,0,4");
    await begun;
    await Promise.all([edit({ optimizer: "adam", rate: 0.01 }), edit({ decay: 0.1 }), edit({ batch: 16 })]);
    await advance(40);
    expect(last()?.state).toEqual(other.last()?.state);
    expect(last()?.fingerprint).toBe(other.last()?.fingerprint);
  });

  it.each([
    ["of another kind and back", [{ optimizer: "sgd" }, { optimizer: "adam" }]],
    ["of rates, then of another kind and back", [{ rate: 0.03 }, { optimizer: "sgd" }, { optimizer: "adam" }]],
  ] as const)("has the same weights after edits at one step, %s, by every way", async (_, edits) => {
    const { begun, advance, edit, rewind, last } = begin("live=adam,0.01,0,16");
    await begun;
    await advance(53);
    for (const change of edits) await edit(change);
    await advance(50);
    const there = last();
    await rewind(20);
    await rewind(103);
    expect(last()?.fingerprint).toBe(there?.fingerprint);
    const other = begin(String(there && toQuery(there.state)));
    await other.begun;
    expect([other.last()?.state, other.last()?.fingerprint]).toEqual([there?.state, there?.fingerprint]);
  });

  it("stands before a step that fails, and goes on from there with the weights that every way has", async () => {
    const { begun, advance, edit, rewind, last } = begin("activation=relu&live=adam,0.01,0,16");
    /** The weights are too large to be judged, but a step of one row may be taken. */
    const unjudged = (call: Promise<void>) => expect(call).rejects.toThrow("evaluate: L");
    await begun;
    await advance(20);
    await edit({ rate: 1e19 });
    await expect(advance(30)).rejects.toThrow("step 22");
    expect([last()?.state.step, last()?.reached]).toEqual([21, 21]);
    const failed = last()?.fingerprint;
    // No word of the weights before.
    expect(last()?.accuracy).toBeUndefined();
    await rewind(10);
    await unjudged(rewind(21));
    expect([last()?.state.step, last()?.fingerprint]).toEqual([21, failed]);
    await expect(advance(30)).rejects.toThrow("step 22");
    await unjudged(edit({ rate: 0.01, batch: 1 }));
    await unjudged(advance(30));
    const there = last();
    await rewind(10);
    await unjudged(rewind(51));
    expect([there?.state.step, last()?.state.step]).toEqual([51, 51]);
    expect(last()?.fingerprint).toBe(there?.fingerprint);
  });

  it("goes back from a step that fails to where the loss was sound, lowers the rate, says so, and trains on", async () => {
    const { begun, advance, edit, recover, last } = begin("activation=relu&live=adam,0.01,0,16");
    await begun;
    await advance(20);
    const sound = last();
    await edit({ rate: 1e19 });
    await expect(advance(30)).rejects.toThrow("step 22");
    // A lower rate alone leads back to where it was.
    await expect(edit({ rate: 0.01 })).rejects.toThrow("evaluate: L");
    await edit({ rate: 1e19 }).catch(() => {});
    const recovery = await recover();
    expect(recovery).toMatchObject({ from: 21, step: 20, rates: [1e19, 1] });
    expect(recovery?.loss).toBeLessThan(1);
    expect([last()?.state.step, last()?.fingerprint, liveOf(last())?.rate]).toEqual([20, sound?.fingerprint, 1]);
    await edit({ rate: 0.01 });
    await advance(30);
    expect([last()?.state.step, last()?.running]).toEqual([50, false]);
    expect(last()?.accuracy?.train).toBeGreaterThan(0.5);
  });

  it("goes back to the first weights where no step was sound", async () => {
    const { begun, advance, recover, last } = begin("activation=identity&live=sgd,1e30,0,32");
    await begun;
    const untrained = last()?.fingerprint;
    await expect(advance(30)).rejects.toThrow();
    expect(await recover()).toMatchObject({ step: 0, rates: [1e30, 1] });
    expect([last()?.state, last()?.fingerprint]).toMatchObject([{ step: 0, edits: [], live: { rate: 1 } }, untrained]);
  });
});
