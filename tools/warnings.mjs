/**
 * For every build: a warning ends it, since nobody reads what is always printed. How long a build takes is the machine's affair, and
 * no warning.
 */
export const strict = {
  checks: { bundlerTimings: false },
  /** @param {{ message: string }} warning */
  onwarn({ message }) {
    throw new Error(`build: a warning, which is none of those that are let pass: ${message}`);
  },
};
