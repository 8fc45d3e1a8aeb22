/** What comes of asking a GPU for a buffer and mapping it. */
export type Health = "works" | "lost" | "lost, which scopes say by rejecting" | "no memory" | "not valid" | "no buffer";

const faults: Readonly<Partial<Record<Health, GPUErrorFilter>>> = {
  "no memory": "out-of-memory",
  "not valid": "validation",
};

/** As much of a GPU as tells whether it is lost, in the health that the test says. */
export function failingGpu() {
  let health: Health = "works";
  let tellMade = () => {};
  const made = new Promise<void>((resolve) => (tellMade = resolve));
  const scopes: GPUErrorFilter[] = [];
  const counts = { made: 0, destroyed: 0 };
  const createBuffer = () => {
    tellMade();
    if (health === "no buffer") throw new RangeError("no buffer");
    counts.made += 1;
    const mapAsync = () =>
      health === "works" ? Promise.resolve() : Promise.reject(new DOMException("", "OperationError"));
    return { mapAsync, destroy: () => (counts.destroyed += 1) };
  };
  const popErrorScope = () => {
    const filter = scopes.pop();
    if (filter === undefined || health.startsWith("lost, ")) {
      return Promise.reject(new DOMException("", "OperationError"));
    }
    return Promise.resolve(faults[health] === filter ? { message: health } : null);
  };
  const gpu = {
    createBuffer,
    popErrorScope,
    pushErrorScope: (filter: GPUErrorFilter) => scopes.push(filter),
  } as object;
  return {
    gpu: gpu as GPUDevice,
    /** Settles when a buffer is first asked for. */
    made,
    /** Buffers made and destroyed, and scopes left open. */
    left: () => ({ ...counts, scopes: scopes.length }),
    become: (next: Health) => (health = next),
  };
}
