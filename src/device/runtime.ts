/**
 * Longest time in ms that one submit should take: a page's frames wait for a running submit, a process without a page has
 * no frames to lose.
 */
export const submitBudget = (): number => {
  const globals = globalThis as { document?: unknown; importScripts?: unknown; Deno?: unknown; process?: unknown };
  const browser = globals.document !== undefined || (globals.Deno === undefined && globals.process === undefined);
  return browser ? 12 : 100;
};
