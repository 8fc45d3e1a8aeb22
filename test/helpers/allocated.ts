/** The bytes of the buffers that a call makes: of typed arrays that are no views of others, whatever it throws. */
export function allocatedBy(call: () => unknown): number {
  let bytes = 0;
  const names = ["Float32Array", "Float64Array", "Uint32Array", "Uint8Array"] as const;
  const own = names.map((name) => globalThis[name]);
  const counting = {
    construct(Own: new (...given: unknown[]) => ArrayBufferView, given: unknown[], target: typeof Object) {
      const made = Reflect.construct(Own, given, target);
      if (!(given[0] instanceof ArrayBuffer)) bytes += made.byteLength;
      return made;
    },
  };
  for (const [index, name] of names.entries()) {
    Object.defineProperty(globalThis, name, { value: new Proxy(own[index] as never, counting) });
  }
  try {
    call();
  } catch {
    // What it has made counts.
  } finally {
    for (const [index, name] of names.entries()) Object.defineProperty(globalThis, name, { value: own[index] });
  }
  return bytes;
}
