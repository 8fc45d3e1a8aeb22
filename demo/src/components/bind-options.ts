/** What ties a field to one of a page's options. */
export interface Bound<T> {
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** Ties fields to the options of a page, each by its name. */
export const bindOptions =
  <O extends object>(options: O, onChange: (change: Partial<O>) => void) =>
  <K extends keyof O>(name: K): Bound<O[K]> => ({
    value: options[name],
    onChange: (value) => onChange({ [name]: value } as unknown as Partial<O>),
  });
