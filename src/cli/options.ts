import { brief } from "../brief.ts";
import { isNumber } from "../data/cell.ts";
import { namesIn } from "../data/record.ts";
import { remedyForName } from "../model/nearest.ts";
import { refuse } from "../model/options.ts";

/** Readers of the options' words. Each throws a ModelError that names the option. */

/** Numbers of a range, as the library takes them: in float32. */
export const ranges = {
  above0: { holds: (x) => Math.fround(x) > 0, text: "a number above 0 in float32's range" },
  atLeast0: { holds: (x) => x >= 0, text: "a number, 0 or above, in float32's range" },
  below1: { holds: (x) => x >= 0 && Math.fround(x) < 1, text: "a number from 0 to below 1" },
} satisfies Readonly<Record<string, { readonly holds: (x: number) => boolean; readonly text: string }>>;

/** A decimal number. @param example of one, for the remedy */
export const numberOption =
  (flag: string, { holds, text }: (typeof ranges)[keyof typeof ranges], example = "0.1") =>
  (given: string) => {
    const value = isNumber(given) ? Number(given) : Number.NaN;
    if (Number.isFinite(Math.fround(value)) && holds(value)) return value;
    return refuse(flag, `"${given}"`, text, `give a number such as ${example}`);
  };

/** A whole number from `least` to `most`, however it is written: `1000` or `1e3`. */
export const wholeOption =
  (flag: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string) => {
    const value = isNumber(text) ? Number(text) : Number.NaN;
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    return refuse(flag, `"${text}"`, `a whole number ${range}`, "give such a number");
  };

/** One of a few words. */
export const wordOption =
  <T extends string>(flag: string, words: readonly T[]) =>
  (text: string): T =>
    words.find((word) => word === text) ??
    refuse(flag, `"${text}"`, `one of ${words.join(", ")}`, remedyForName(text, words, "give one of these"));

/** Each is compiled, and a step runs it: with more no training gets anywhere in its time. */
const MOST_LAYERS = 1000;

/** Sizes of the hidden layers, `64,32`; none for `none` or nothing. */
export function layersOption(text: string): number[] {
  if (text.trim() === "" || text === "none") return [];
  const sizes = text.split(",");
  if (sizes.length > MOST_LAYERS) {
    refuse("--layers", `${sizes.length} hidden layers`, `at most ${MOST_LAYERS}`, "give fewer, of more units each");
  }
  return sizes.map((part, index) => {
    const size = part.trim();
    const units = isNumber(size) ? Number(size) : 0;
    if (units > 0 && Number.isSafeInteger(units)) return units;
    return refuse(
      "--layers",
      `size "${size}" for hidden layer ${index + 1}`,
      "a whole number of at least 1",
      "give sizes such as 64,32, or none for no hidden layer",
    );
  });
}

/** Names parted by commas, one that holds a comma, a quote or a line end in quotes, as a row of CSV. */
export const namesOption = (text: string): string[] =>
  namesIn(text) ??
  refuse(
    "--ignore",
    `"${brief(text, 80)}"`,
    "names parted by commas",
    'put " around a name that holds a comma, and write "" for each " in it',
  );
