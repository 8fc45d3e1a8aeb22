/**
 * Lets all that promises alone can bring about happen, and then one turn of the event loop. It waits for no time and no event:
 * what needs a timer, a thread or the GPU may be as far as before.
 */
export const turns = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
