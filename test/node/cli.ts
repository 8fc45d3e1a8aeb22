import Papa from "papaparse";
import { beforeAll, beforeEach, expect } from "vitest";
import { buildCommand, createWorkplace, type Outcome, type Workplace } from "./command.ts";

/** Builds the command line for the tests of a file. @returns a folder that is new and empty for each of them */
export function useWorkplace(): Omit<Workplace, "remove"> {
  let place: Workplace;
  beforeAll(buildCommand);
  beforeEach(() => {
    place = createWorkplace();
    return () => place.remove();
  });
  return {
    get folder() {
      return place.folder;
    },
    write: (name, content) => place.write(name, content),
    files: () => place.files(),
    run: (args, options) => place.run(args, options),
  };
}

/** Two classes that a line parts, forty rows. */
export const flowers = `length,width,kind\n${Array.from({ length: 40 }, (_, i) =>
  i % 2 === 0
    ? `${1 + (i % 7) / 10},${0.2 + (i % 5) / 50},short`
    : `${4 + (i % 7) / 10},${1.3 + (i % 5) / 50},"long, wide"`,
).join("\n")}\n`;

/** Trains on them, where they have been written. */
export const trainFlowers: readonly string[] = ["train", "flowers.csv", "--target", "kind"];

export const succeeded = (outcome: Outcome) => expect(outcome, outcome.stderr).toMatchObject({ status: 0 });

export const rowsOf = (csv: string) => Papa.parse<string[]>(csv.trim()).data;

/** The figure in a line such as `test  359  0.09  97.8 %`. */
export const accuracyOf = (text: string, name: string) => new RegExp(`^${name} .*?([0-9.]+ %)$`, "m").exec(text)?.[1];
