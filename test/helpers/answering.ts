/** Has a device answer otherwise while `work` runs. Unlike a disguised one it keeps the pipelines that it has. */
export async function answering<T>(
  gpu: GPUDevice,
  replaced: Readonly<Record<string, unknown>>,
  work: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(replaced).map((name) => [name, Object.getOwnPropertyDescriptor(gpu, name)] as const);
  for (const [name, value] of Object.entries(replaced)) {
    Object.defineProperty(gpu, name, { value, configurable: true, writable: true });
  }
  try {
    return await work();
  } finally {
    for (const [name, own] of before) {
      if (own) Object.defineProperty(gpu, name, own);
      else Reflect.deleteProperty(gpu, name);
    }
  }
}
