/** Runs work after whatever was given before has ended, so that two calls never overlap. */
export type Turns = <T>(work: () => T | Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    // Of the result nothing is kept: it may be a file of many megabytes.
    last = result.then(nothing, nothing);
    return result;
  };
}

const nothing = () => {};
