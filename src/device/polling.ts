/**
 * How Dawn for Node looks whether the GPU is done: it calls `setImmediate` again and again while something is awaited. While shaders
 * compile, each look waits for their compiler, and no timer of the program's own runs meanwhile. So here Dawn looks by timer.
 */

/** Time in ms between two looks. */
const INTERVAL = 1;

/** Time in ms for which the end of a program waits for its shaders. */
const LONGEST = 60_000;

/** Looks that are to come. */
const looks = new Set<() => void>();

/** How many want Dawn to look by timer: each shader that compiles. */
let holders = 0;

/** Whether it is Dawn that is to be called back: nothing else is a function of a binary's own without a name. */
const isDawns = (callback: { readonly name: string; readonly length: number }) =>
  callback.name === "" &&
  // Nor is it what resolves a promise, which takes a value.
  callback.length === 0 &&
  /\{ \[native code\] \}$/.test(Function.prototype.toString.call(callback));

/** Whether `setImmediate` is replaced. */
let replaced = false;

/** Serves Dawn by timer where that is wanted, and everything else as before. */
function replace(): void {
  if (replaced) return;
  // Taken now, since tests replace the timers by a clock of their own later.
  const { setImmediate: immediate, setTimeout: wait } = globalThis;
  replaced = true;
  const later = (callback: (...given: unknown[]) => void, ...given: unknown[]) => {
    if (!isDawns(callback)) return immediate(callback, ...given);
    const look = () => {
      if (looks.delete(look)) callback(...given);
    };
    looks.add(look);
    return holders > 0 ? wait(look, INTERVAL) : immediate(look);
  };
  // Above all what util.promisify asks it for.
  Object.defineProperties(later, Object.getOwnPropertyDescriptors(immediate));
  Object.assign(globalThis, { setImmediate: later });
}

/**
 * Has Dawn look by timer. A millisecond later does not matter while shaders compile; it would while tiny steps are taken.
 * @returns brings the busy loop back, once all have
 */
export function pollByTimer(): () => void {
  replace();
  holders++;
  return () => {
    holders--;
  };
}

/** Dawn aborts the process where a thread ends while shaders compile: waits for them, in a busy loop since no timer runs any more. */
function finish(): void {
  const end = performance.now() + LONGEST;
  // What looks again is added, and comes next.
  for (const look of looks) if (performance.now() < end) look();
}

/** Shaders that compile. */
let compiling = 0;

/** Has a device's shaders be compiled while Dawn looks by timer, and be done before the thread ends. */
export function pollWhileCompiling(gpu: GPUDevice): void {
  replace();
  const compile = gpu.createComputePipelineAsync;
  gpu.createComputePipelineAsync = (descriptor) => {
    const release = pollByTimer();
    if (compiling++ === 0) process.once("exit", finish);
    return compile.call(gpu, descriptor).finally(() => {
      if (--compiling === 0) process.off("exit", finish);
      release();
    });
  };
}
