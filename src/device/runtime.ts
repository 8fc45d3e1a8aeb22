/** What tells the runtimes apart. */
interface Globals {
  readonly document?: unknown;
  readonly Deno?: { readonly version: { readonly deno: string } };
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { readonly versions?: { readonly node?: string } };
}

/**
 * Longest time in ms that one submit should take: a page's frames wait for a running submit, a process without a page has
 * no frames to lose.
 */
export const submitBudget = (): number => {
  const { document, Deno, process } = globalThis as Globals;
  return document || !(Deno || process) ? 12 : 100;
};

/** Whether waiting for the GPU keeps a core busy, as Dawn for Node does. */
export const pollsWhileWaiting = (): boolean => {
  const { document, Deno, process } = globalThis as Globals;
  return !(document || Deno) && !!process?.versions?.node;
};

/**
 * What runs this program, with its version: the compiler of the shaders comes along with it, but in Node, where it is that of the
 * package `webgpu`, whose version no adapter tells.
 */
export const runtimeVersion = (): string => {
  const { Deno, process, navigator } = globalThis as Globals;
  if (Deno !== undefined) return `Deno ${Deno.version.deno}`;
  const node = process?.versions?.node;
  return node === undefined ? (navigator?.userAgent ?? "") : `Node ${node}`;
};
