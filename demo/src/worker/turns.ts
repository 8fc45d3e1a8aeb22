/** Makes a queue: works run one after the other, and one that fails does not keep the next from its turn. */
export function takeTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    // Not the result itself, which would live until the next turn.
    last = result.then(
      () => {},
      () => {},
    );
    return result;
  };
}
