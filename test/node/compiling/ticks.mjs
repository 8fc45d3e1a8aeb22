/**
 * Trains while a timer ticks, and prints as JSON what ran while the shaders compiled: ticks of the timer, Dawn's looks by
 * `setImmediate`, and whether the program's own `setImmediate` was served. Its argument is the library's entry.
 */
const { createTrainer, dense, openDevice, sequential, sgd } = await import(process.argv[2] ?? "");

/** What Dawn calls, and others do not, is without a name. */
const immediate = globalThis.setImmediate;
let looks = 0;
Object.assign(globalThis, {
  setImmediate: (/** @type {() => void} */ callback) => {
    if (callback.name !== "own") looks++;
    return immediate(callback);
  },
});

const device = await openDevice();
const state = { ticks: 0, looks: 0, served: false };
looks = 0;
const timer = setInterval(() => state.ticks++, 10);
setImmediate(function own() {
  state.served = true;
});
await createTrainer(device, {
  model: sequential([dense(8, "tanh"), dense(2)]),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate: 0.01 }),
  data: { inputs: new Float32Array(8), targets: new Uint8Array(4) },
  oneDispatch: false,
});
clearInterval(timer);
device.destroy();
console.log(JSON.stringify({ ...state, looks }));
