import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/**
 * Ends a thread while its shaders compile, by an error or by process.exit(), and prints what became of it. Its arguments are the
 * library's entry and how.
 */
if (isMainThread) {
  const [entry, how] = process.argv.slice(2);
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { entry, how } });
  worker.on("error", ({ message }) => console.log(`error: ${message}`));
  worker.on("exit", (status) => console.log(`thread ended with ${status}`));
} else {
  const { createTrainer, dense, openDevice, sequential, sgd } = await import(workerData.entry);
  const device = await openDevice();
  // While the shaders compile.
  const { createComputePipelineAsync } = device.gpu;
  device.gpu.createComputePipelineAsync = (/** @type {GPUComputePipelineDescriptor} */ descriptor) => {
    const compiling = createComputePipelineAsync.call(device.gpu, descriptor);
    setTimeout(() => {
      if (workerData.how === "exit") process.exit(3);
      throw new Error("its own");
    }, 0);
    return compiling;
  };
  await createTrainer(device, {
    model: sequential([dense(8, "tanh"), dense(2)]),
    loss: "softmaxCrossEntropy",
    optimizer: sgd({ learningRate: 0.01 }),
    data: { inputs: new Float32Array(8), targets: new Uint8Array(4) },
  });
  parentPort?.postMessage("compiled");
}
