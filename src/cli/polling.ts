import { pollsWhileWaiting } from "../device/runtime.ts";

/** Time in ms between two looks at whether the GPU is done. */
const INTERVAL = 1;

/**
 * Has Dawn for Node look by timer whether the GPU is done. It calls `setImmediate` again and again, a busy loop that takes a core
 * from the compiler of the shaders and from a software adapter. A millisecond later does not matter while shaders compile; it would
 * while tiny steps are taken. For a process of one's own, where nothing else needs `setImmediate`.
 * @returns brings the busy loop back
 */
export function pollByTimer(): () => void {
  if (!pollsWhileWaiting()) return () => {};
  // Taken now, since tests replace the timers by a clock of their own later.
  const { setImmediate, clearImmediate, setTimeout: wait, clearTimeout: end } = globalThis;
  const later = (callback: (...given: unknown[]) => void, ...given: unknown[]) => wait(callback, INTERVAL, ...given);
  // Node's own would take a timer for an immediate, and lose the others.
  const clear = (one: NodeJS.Timeout | NodeJS.Immediate | undefined) =>
    one && "refresh" in one ? end(one) : clearImmediate(one);
  Object.assign(globalThis, { setImmediate: later, clearImmediate: clear });
  return () => void Object.assign(globalThis, { setImmediate, clearImmediate });
}
