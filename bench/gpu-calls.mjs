/**
 * Counts what goes to the GPU by wrapping the methods of WebGPU's own classes, the same way for whoever calls them.
 *
 * @typedef {object} Calls
 * @property {number} dispatches
 * @property {number} submits
 * @property {number} maps Buffers mapped to be read or written.
 * @property {number} writes Calls of writeBuffer.
 */

/**
 * Begins to count. Bytes are those of buffers made and not yet destroyed since then.
 * @param {GPUDevice} device any device; its classes are those of all devices of this runtime
 */
export function watchCalls(device) {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.end();
  encoder.finish();
  const buffer = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST });
  const classes = { device, queue: device.queue, pass, buffer };
  const [devices, queues, passes, buffers] = Object.values(classes).map((one) => Object.getPrototypeOf(one));

  /** @type {Calls} */
  const counts = { dispatches: 0, submits: 0, maps: 0, writes: 0 };
  /** Whose buffers are made now. */
  let owner = "";
  /** @type {Record<string, number>} */
  const bytes = {};
  /** @type {WeakMap<GPUBuffer, string>} */
  const owners = new WeakMap();
  /** @type {(() => void)[]} */
  const undo = [];

  /** @param {(self: any, result: any) => void} after */
  const wrap = (prototype, name, after) => {
    const original = prototype[name];
    prototype[name] = function (...args) {
      const result = original.apply(this, args);
      after(this, result);
      return result;
    };
    undo.push(() => {
      prototype[name] = original;
    });
  };
  const count = (name) => () => {
    counts[name]++;
  };
  wrap(passes, "dispatchWorkgroups", count("dispatches"));
  wrap(passes, "dispatchWorkgroupsIndirect", count("dispatches"));
  wrap(queues, "submit", count("submits"));
  wrap(queues, "writeBuffer", count("writes"));
  wrap(buffers, "mapAsync", count("maps"));
  wrap(devices, "createBuffer", (_, made) => {
    owners.set(made, owner);
    bytes[owner] = (bytes[owner] ?? 0) + made.size;
  });
  wrap(buffers, "destroy", (self) => {
    const name = owners.get(self);
    owners.delete(self);
    if (name !== undefined) bytes[name] = (bytes[name] ?? 0) - self.size;
  });
  buffer.destroy();

  return {
    /** Counts calls, and the bytes of buffers, while `work` runs. @param {string} name @param {() => Promise<void>} work */
    async during(name, work) {
      owner = name;
      const before = { ...counts };
      await work();
      owner = "";
      return Object.fromEntries(Object.entries(counts).map(([key, value]) => [key, value - before[key]]));
    },
    /** Bytes of the live buffers made by `name`. @param {string} name */
    bytesOf: (name) => bytes[name] ?? 0,
    /** Takes the wrappers away, so that none is in the way of a measured time. */
    stop() {
      for (const one of undo) one();
    },
  };
}
