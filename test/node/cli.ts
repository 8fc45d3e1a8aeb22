import Papa from "papaparse";
import { beforeEach, expect } from "vitest";
import type { Terminal } from "../../src/cli/terminal.ts";
import { createWorkplace, type Workplace } from "./command.ts";
import type { Outcome } from "./package/process.ts";

/**
 * A folder that is new and empty for each test of a file.
 * @param openDevice what its commands open that run in this process; none if left out
 */
export function useWorkplace(openDevice?: Terminal["openDevice"]): Omit<Workplace, "remove"> {
  let place: Workplace;
  beforeEach(() => {
    place = createWorkplace(openDevice);
    return () => place.remove();
  });
  return {
    get folder() {
      return place.folder;
    },
    write: (name, content) => place.write(name, content),
    files: () => place.files(),
    run: (args, given) => place.run(args, given),
    spawn: (args, options) => place.spawn(args, options),
  };
}

/** Two classes that a line parts, forty rows. */
export const flowers = `length,width,kind\n${Array.from({ length: 40 }, (_, i) =>
  i % 2 === 0
    ? `${1 + (i % 7) / 10},${0.2 + (i % 5) / 50},short`
    : `${4 + (i % 7) / 10},${1.3 + (i % 5) / 50},"long, wide"`,
).join("\n")}\n`;

/** Trains on them, where they have been written: a network of one shape, whose shaders a device compiles once. */
export const trainFlowers: readonly string[] = [
  ...["train", "flowers.csv", "--target", "kind", "--layers", "8"],
  // In few steps.
  ...["--optimizer", "sgd"],
];

export const succeeded = (outcome: Outcome) => expect(outcome, outcome.stderr).toMatchObject({ status: 0 });

export const rowsOf = (csv: string) => Papa.parse<string[]>(csv.trim()).data;

/** The figure in a line such as `test  359  0.09  97.8 %`. */
export const accuracyOf = (text: string, name: string) => new RegExp(`^${name} .*?([0-9.]+ %)$`, "m").exec(text)?.[1];
