const found = import.meta.glob("../../test/gpu/**/*.test.ts");

/** The correctness suite: what test/gpu holds, each file to be loaded when its turn comes. */
export const files = Object.fromEntries(
  Object.entries(found).map(([path, load]) => [path.replace("../../test/gpu/", ""), load]),
);
