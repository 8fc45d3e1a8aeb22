import process from "node:process";
import { fileURLToPath } from "node:url";
import { create, globals } from "webgpu";
import { createTrainer, openDevice } from "#chainrule";
import { optionsOf } from "./contestants/chainrule.mjs";
import { makeTask, networkOf } from "./networks.mjs";

const STEPS = 1000;
const ROUNDS = 100;

/**
 * Time that chainrule's own code and Dawn's checks take a step, on Dawn's null device: it takes every call, and runs nothing.
 * @param {string} name of a network
 * @returns microseconds a step, the least of some rounds
 */
export async function measureJavaScript(name) {
  const task = makeTask(networkOf(name));
  Object.assign(globalThis, globals);
  // Kept until the end: Dawn takes its devices down with the object that they came from.
  const gpu = create(["backend=null"]);
  const device = await openDevice({ gpu });
  clearMapped(device.gpu);
  const trainer = await createTrainer(device, optionsOf(task));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await trainer.step(STEPS);
    best = Math.min(best, (1000 * (performance.now() - began)) / STEPS);
  }
  device.destroy();
  return gpu ? best : Number.NaN;
}

/** Has buffers to be read made with zeros in them: the null device copies nothing there, and metrics of no meaning may end the training. */
function clearMapped(device) {
  const { createBuffer } = device;
  device.createBuffer = (descriptor) => {
    if ((descriptor.usage & GPUBufferUsage.MAP_READ) === 0) return createBuffer.call(device, descriptor);
    const buffer = createBuffer.call(device, { ...descriptor, mappedAtCreation: true });
    new Uint8Array(buffer.getMappedRange()).fill(0);
    buffer.unmap();
    return buffer;
  };
}

/** `javascript-time.mjs NETWORK …` prints the time of each. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of process.argv.slice(2)) {
    console.log(
      `${name}: ${(await measureJavaScript(name)).toFixed(1)} µs of JavaScript a step, the least of ${ROUNDS} rounds`,
    );
  }
}
