/**
 * Trains 2-8-2 for 100,000 steps and prints as JSON what that left behind: bytes, and objects made on the GPU. Its argument is
 * the library's entry.
 */
const { createTrainer, dense, openDevice, sequential, sgd } = await import(process.argv[2] ?? "");

const STEPS = 100_000;
const REPORTS = 100;

const device = await openDevice();
/** Calls of `device.gpu.create…` by name. @type {Record<string, number>} */
const made = {};
for (const name of ["createBuffer", "createBindGroup", "createShaderModule", "createComputePipelineAsync"]) {
  const create = device.gpu[name];
  device.gpu[name] = (/** @type {unknown[]} */ ...given) => {
    made[name] = (made[name] ?? 0) + 1;
    return create.apply(device.gpu, given);
  };
}
const rows = Array.from({ length: 400 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const trainer = await createTrainer(device, {
  model: sequential([dense(8, "tanh"), dense(2)]),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate: 0.01 }),
  data: { inputs: rows.flat(), targets: rows.map(([x = 0]) => Number(x > 0)) },
});

/** Says when what a collection found is finalized. @type {FinalizationRegistry<() => void>} */
const finalized = new FinalizationRegistry((resolve) => resolve());
const register = (/** @type {() => void} */ resolve) => finalized.register({}, resolve);

/** Collects garbage, and waits for its finalizers: those of the GPU's objects among them. */
async function collect() {
  let waiting = true;
  register(() => {
    waiting = false;
  });
  while (waiting) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Bytes of the heap, and of the buffers beside it, once what nothing holds is gone. */
async function held() {
  // What is finalized lets go of more.
  for (let i = 0; i < 4; i++) await collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

await trainer.step(STEPS / 10);
const first = { ...made };
const before = await held();
for (let report = 0; report < REPORTS; report++) await trainer.step(STEPS / REPORTS);
const after = await held();
// What the least that a step could keep would look like.
const kept = Array.from({ length: STEPS }, () => rows[0]);
const leak = (await held()) - after;

console.log(JSON.stringify({ grown: after - before, leak, steps: kept.length, first, made }));
process.exit();
