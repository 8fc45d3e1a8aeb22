import { describeAdapter } from "./adapter-info.mjs";
import { contestants, onCpu } from "./contestants/index.mjs";
import { watchCalls } from "./gpu-calls.mjs";
import { BATCHES, makeTask, networkOf, workOf } from "./networks.mjs";
import { measurePeak } from "./peak.mjs";

/**
 * One network, all contestants, in one process: agreement first, then times in interleaved rounds, each with its loss
 * checked. The same in Node, Deno and a page.
 *
 * @typedef {object} Options
 * @property {string} network
 * @property {readonly string[]} contestants
 * @property {number} seconds Least time to measure each contestant for, over all rounds.
 * @property {number} rounds
 * @property {number} [agree] Seconds that each contestant has for the first steps, whose losses are compared.
 *
 * @typedef {object} Row What was measured of a contestant. Without `rates`, `fault` says why.
 * @property {string} name
 * @property {string} [fault]
 * @property {number} [firstStepSeconds] From the call of `setup`, all modules loaded, to the loss of the first step.
 * @property {number[]} [losses] Of each of the first steps.
 * @property {Agreement} [agreement] Over those steps.
 * @property {number} [dispatches] A step, as are `submits`, `maps` and `writes`.
 * @property {number} [bytes] Of live GPU buffers.
 * @property {number[]} [rates] Steps a second, of each round.
 * @property {number} [stepsPerRound]
 * @property {number} [loss] Of the last step of a round.
 * @property {Agreement} [finalAgreement] Of that loss.
 *
 * @typedef {object} Agreement
 * @property {string} judge
 * @property {number} steps
 * @property {number} difference Largest relative difference of a loss.
 */

/** The losses of the first steps agree within this, relative. */
const TOLERANCE = 1e-3;
/** The loss at the end of a round agrees within this, relative: rounding grows along a trajectory. */
const FINAL_TOLERANCE = 1e-2;
/**
 * Most steps of a round, so that rounding has not grown along the trajectory of a tiny network by more than can be told from an
 * error.
 */
const MOST_STEPS = 2 ** 15;
/** Steps that are compared one by one, if they take no longer than … */
const COMMON_STEPS = 50;
/** … so many s, unless asked otherwise. */
const COMMON_SECONDS = 4;
/** Time in ms for the CPU reference to judge the ends of the rounds. */
const JUDGE_TIME = 5000;
/** Steps of less than so many ms cost a round nothing more. */
const QUICK = 5;
/** Operations of a step that are too many for the CPU. */
const MOST_ON_CPU = 2e10;
/** A contestant whose rounds took so many times the seconds asked for is let off the rest. */
const PATIENCE = 3;

/** @param {Options} options @param {(line: string) => void} log */
export async function measureNetwork(options, log) {
  const network = networkOf(options.network);
  const { gpu } = globalThis.navigator;
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("measure: no adapter");
  const opened = watchDevices(adapter);
  const probe = await adapter.requestDevice();
  const result = {
    network: { name: network.name, sizes: network.sizes, batch: network.batch, ...workOf(network) },
    adapter: describeAdapter(adapter),
    peak: await measurePeak(probe),
    seconds: options.seconds,
    /** @type {Row[]} */
    rows: options.contestants.map((name) => ({ name })),
  };
  log(`peak ${(result.peak.flops / 1e9).toFixed(1)} GFLOP/s, ${(result.peak.bytes / 1e9).toFixed(1)} GB/s`);

  const calls = watchCalls(probe);
  const task = makeTask(network);
  /** @type {Entry[]} */
  const entries = [];
  for (const row of result.rows) {
    const entry = new Entry(row, opened, log);
    await entry.attempt(async () => {
      if (onCpu.includes(row.name) && result.network.flops > MOST_ON_CPU) {
        throw new Error("left out, since a step would take minutes on one CPU core");
      }
      const load = contestants[row.name];
      if (!load) throw new Error("there is no such contestant");
      const { setup } = await load();
      await calls.during(row.name, () => entry.start(setup, task));
      entries.push(entry);
    });
  }
  await compareFirstSteps(entries, 1000 * (options.agree ?? COMMON_SECONDS));
  for (const entry of entries.filter(works)) {
    await entry.attempt(() => entry.plan((options.seconds * 1000) / options.rounds, calls));
  }
  calls.stop();
  await timeRounds(entries.filter(works), options);
  await judgeEnds(entries.filter(works));
  // Again, since the machine may be slower for a while.
  const again = await measurePeak(probe);
  const { peak } = result;
  result.peak = {
    flops: Math.max(peak.flops, again.flops),
    loop: Math.max(peak.loop, again.loop),
    bytes: Math.max(peak.bytes, again.bytes),
  };
  for (const { row } of entries) if (row.fault !== undefined) row.rates = undefined;
  return result;
}

/** One contestant at work. */
class Entry {
  /** Time of a warm step in ms, roughly. */
  time = 0;
  /** Batches whose losses are averaged at the end. */
  batches = 1;

  constructor(row, opened, log) {
    this.row = row;
    /** @type {number[]} Loss of each of the first steps. */
    this.losses = [];
    this.opened = opened;
    this.log = (text) => log(`${row.name}: ${text}`);
    this.devices = [];
  }

  /** Whatever goes wrong is this contestant's fault, and is reported as such. */
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  fail(message) {
    this.row.fault = message.trim().split("\n", 3).join(" ");
    this.log(this.row.fault);
  }

  async start(setup, task) {
    const known = this.opened.length;
    const began = performance.now();
    this.session = await setup(task);
    const pause = performance.now();
    await this.session.mark();
    const paused = performance.now() - pause;
    this.losses.push(await this.session.step(1));
    this.row.firstStepSeconds = (performance.now() - began - paused) / 1000;
    this.row.losses = this.losses;
    this.devices = this.opened.slice(known);
    this.log(`first step after ${this.row.firstStepSeconds.toFixed(2)} s, loss ${this.losses[0]?.toFixed(5)}`);
  }

  /** Takes `steps` steps. @returns their time in ms and the last one's loss */
  async run(steps) {
    const began = performance.now();
    const loss = await this.session.step(steps);
    return { time: performance.now() - began, loss };
  }

  /**
   * The loss of a last step, or where steps take no time the mean of it and those of the other batches that follow: of one batch alone
   * that is learned well what is left is rounding.
   */
  async endLoss(last, batches) {
    let sum = last;
    for (let i = 1; i < batches; i++) sum += await this.session.step(1);
    return sum / batches;
  }

  /** Back to the beginning, and nothing left to do on the GPU. */
  async reset() {
    await this.session.reset();
    await Promise.all(this.devices.map((device) => device.queue.onSubmittedWorkDone()));
  }

  /** Finds how many steps take `least` ms, and counts the calls of the last ones tried. */
  async plan(least, calls) {
    const { row } = this;
    let steps = 1;
    for (;;) {
      const counted = await calls.during(row.name, async () => {
        this.time = (await this.run(steps)).time / steps;
      });
      if (!onCpu.includes(row.name)) {
        for (const [name, value] of Object.entries(counted)) row[name] = value / steps;
        row.bytes = calls.bytesOf(row.name);
      }
      if (this.time * steps > least / 3) break;
      steps = Math.ceil(steps * Math.min(8, least / 2 / Math.max(this.time * steps, 0.1)));
    }
    row.stepsPerRound = stepsFor((1.1 * least) / this.time);
    this.batches = this.time < QUICK ? BATCHES : 1;
  }
}

/** Whole steps, as many as a round may have. */
const stepsFor = (wanted) => Math.min(MOST_STEPS, Math.max(1, Math.ceil(wanted)));

const works = ({ row }) => row.fault === undefined;

const difference = (got, expected) => {
  const relative = Math.abs(got - expected) / Math.abs(expected);
  return Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
};

/** Compares the loss of every one of the first steps, with the CPU reference as far as it came, else with chainrule. */
async function compareFirstSteps(entries, most) {
  for (const entry of entries) {
    await entry.attempt(async () => {
      const began = performance.now();
      while (entry.losses.length < COMMON_STEPS && performance.now() - began < most) {
        entry.losses.push(await entry.session.step(1));
      }
    });
  }
  const working = entries.filter(works);
  const named = (name) => working.filter(({ row }) => row.name === name);
  const [reference, own] = [named("reference"), named("chainrule")];
  const common = (one, other) => Math.min(one.losses.length, other.losses.length);
  for (const entry of working) {
    // Without the reference, chainrule and a peer judge each other, and a difference is a fault of both.
    const judges = [...reference, ...(own.includes(entry) && reference.length === 0 ? working : own)];
    const [judge] = judges.filter((one) => one !== entry).sort((a, b) => common(b, entry) - common(a, entry));
    if (!judge) continue;
    const steps = common(judge, entry);
    const differences = entry.losses.slice(0, steps).map((loss, i) => difference(loss, judge.losses[i]));
    const worst = Math.max(...differences);
    entry.row.agreement = { judge: judge.row.name, steps, difference: worst };
    if (worst <= TOLERANCE) {
      entry.log(`${steps} steps agree with ${judge.row.name} within ${worst.toExponential(1)}`);
      continue;
    }
    const at = differences.findIndex((one) => !(one <= TOLERANCE));
    entry.fail(`loss ${entry.losses[at]} at step ${at + 1}, but ${judge.row.name} has ${judge.losses[at]}`);
  }
}

/** Times the contestants in turn, round by round, each round from the first weights on. */
async function timeRounds(entries, { seconds, rounds }) {
  const least = (1000 * seconds) / rounds;
  const spent = new Map(entries.map((entry) => [entry, 0]));
  const open = (entry) => {
    const time = spent.get(entry);
    const enough = time >= 1000 * seconds && entry.row.rates.length >= rounds;
    return works(entry) && !enough && time < PATIENCE * 1000 * seconds;
  };
  for (const { row } of entries) row.rates = [];
  for (let round = 0; entries.some(open); round++) {
    // Nobody is always the first.
    const turn = entries.map((_, i) => entries[(i + round) % entries.length]).filter(open);
    for (const entry of turn) {
      await entry.attempt(async () => {
        const { row } = entry;
        await entry.reset();
        const { time, loss: last } = await entry.run(row.stepsPerRound);
        if (time < least / 2 && row.rates.length === 0 && row.stepsPerRound < MOST_STEPS) {
          // Something else slowed the steps that told how many to take.
          row.stepsPerRound = stepsFor((1.1 * least * row.stepsPerRound) / time);
          return;
        }
        spent.set(entry, spent.get(entry) + time);
        row.rates.push((1000 * row.stepsPerRound) / time);
        const loss = await entry.endLoss(last, entry.batches);
        if (!Number.isFinite(loss)) throw new Error(`loss ${loss} after ${row.stepsPerRound} steps`);
        if (row.loss !== undefined && !(difference(loss, row.loss) <= FINAL_TOLERANCE)) {
          throw new Error(`loss ${loss} after ${row.stepsPerRound} steps, but ${row.loss} in an earlier round`);
        }
        row.loss = loss;
      });
    }
  }
  for (const { row, log } of entries) log(`${row.rates.map((rate) => rate.toPrecision(4)).join(", ")} steps/s`);
}

/**
 * Judges the loss at the end of the rounds: the CPU reference takes as many steps as it has time for, and chainrule, if it
 * was found right itself or nobody can tell, those that are too many for the reference.
 */
async function judgeEnds(entries) {
  const named = (name) => entries.find(({ row }) => row.name === name);
  for (const judge of [named("reference"), named("chainrule")]) {
    if (!judge) continue;
    const reach = JUDGE_TIME / judge.time;
    const open = entries
      .filter(
        (entry) => entry !== judge && works(entry) && !entry.row.finalAgreement && entry.row.stepsPerRound <= reach,
      )
      .sort((a, b) => a.row.stepsPerRound - b.row.stepsPerRound);
    if (open.length === 0) continue;
    await judge.attempt(async () => {
      for (const entry of open) {
        const steps = entry.row.stepsPerRound;
        await judge.reset();
        const expected = await judge.endLoss(await judge.session.step(steps), entry.batches);
        const worst = difference(entry.row.loss, expected);
        entry.row.finalAgreement = { judge: judge.row.name, steps, difference: worst };
        if (!(worst <= FINAL_TOLERANCE)) {
          entry.fail(`loss ${entry.row.loss} after ${steps} steps, but ${judge.row.name} has ${expected}`);
        }
      }
    });
    if (!works(judge)) return;
  }
}

/** Devices as they are opened on this runtime, whoever opens them. @param {GPUAdapter} adapter @returns {GPUDevice[]} */
function watchDevices(adapter) {
  const opened = [];
  const prototype = Object.getPrototypeOf(adapter);
  const { requestDevice } = prototype;
  prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    opened.push(device);
    return device;
  };
  return opened;
}
