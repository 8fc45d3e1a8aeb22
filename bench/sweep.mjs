import process from "node:process";
import { createTrainer, openDevice, sgd, sweep } from "#chainrule";
import { optionsOf } from "./contestants/chainrule.mjs";
import { median } from "./median.mjs";
import { makeTask, networkOf } from "./networks.mjs";

/**
 * What a sweep costs beside one run: `sweep.mjs SECONDS ROUNDS` trains 64 variants of 2-8-2, two of them and one alone, in turn, in
 * Node. Two variants are compared with their runs alone, bit for bit, before a time is printed.
 *
 * Two at once tell what a software adapter's cores are worth: they cost little more than one on two cores, and up to twice as much
 * on two threads of one core.
 */

const VARIANTS = 64;
const NETWORK = "2-8-2 b32";

const [seconds = 2, rounds = 4] = process.argv.slice(2).map(Number);
const task = makeTask(networkOf(NETWORK));
const variants = Array.from({ length: VARIANTS }, (_, seed) => ({
  seed,
  optimizer: sgd({ learningRate: 0.002 * (seed + 1) }),
}));
const { optimizer, ...options } = optionsOf(task);
/** @param {number} variant */
const runAlone = (variant) => createTrainer(device, { ...options, optimizer, ...variants[variant] });
const device = await openDevice();
const all = await sweep(device, { ...options, variants });
const pair = await sweep(device, { ...options, variants: variants.slice(0, 2) });
const [first, last] = [0, VARIANTS - 1];
const alone = await runAlone(first);

/** Takes so many steps. @returns their time in ms @throws where an objective is not finite */
const timed = async (trainer, steps) => {
  const began = performance.now();
  const reports = [await trainer.step(steps)].flat();
  const time = performance.now() - began;
  const failure = reports.find((report) => report instanceof Error);
  if (failure) throw failure;
  return time;
};

// Long enough rounds; the submits of both have found their pace by then.
const least = (1000 * seconds) / rounds;
let [steps, taken] = [1, 0];
for (;;) {
  const time = await timed(alone, steps);
  taken += steps;
  if (time >= least) break;
  steps *= 2;
}
await timed(pair, taken);
await timed(all, taken);
/** In ms. @type {Record<"alone" | "pair" | "all", number[]>} */
const times = { alone: [], pair: [], all: [] };
for (let round = 0; round < rounds; round++) {
  times.alone.push(await timed(alone, steps));
  times.pair.push(await timed(pair, steps));
  times.all.push(await timed(all, steps));
}

const judge = await runAlone(last);
await judge.step(taken + rounds * steps);
const same =
  sameBits(await alone.parameters(), await all.parameters(first)) &&
  sameBits(await judge.parameters(), await all.parameters(last));
device.destroy();
if (same) {
  console.log(`${NETWORK}, Node ${process.versions.node}, ${rounds} rounds of ${steps} steps`);
  console.log(line("one run alone", times.alone));
  console.log(line("2 variants at once", times.pair));
  console.log(line(`${VARIANTS} variants at once`, times.all));
  const cost = (of) => `${(median(of) / median(times.alone)).toFixed(1)} × one run`;
  console.log(`2 variants cost ${cost(times.pair)}, ${VARIANTS} cost ${cost(times.all)}`);
  console.log(`variants ${first} and ${last} equal their runs alone`);
} else {
  console.error(`sweep: variant ${first} or ${last} differs from its run alone after the same steps.`);
  process.exitCode = 1;
}

function line(name, all) {
  const rate = (one) => Math.round((1000 * steps) / one).toLocaleString("en");
  return `${name}: ${rate(median(all))} steps/s (${rate(Math.max(...all))} to ${rate(Math.min(...all))})`;
}

function sameBits(one, other) {
  return Object.entries(one).every(([name, values]) => {
    const words = new Uint32Array(other[name].buffer);
    return new Uint32Array(values.buffer).every((word, i) => word === words[i]);
  });
}
