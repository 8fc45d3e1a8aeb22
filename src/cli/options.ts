import { brief, isNumber } from "../data/cell.ts";
import { namesIn } from "../data/record.ts";
import { remedyForName } from "../model/nearest.ts";
import { refuse } from "../model/options.ts";

/** Readers of the options' words. Each throws a ModelError that names the option. */

/** A decimal number. */
export const numberOption = (flag: string) => (text: string) => {
  const value = isNumber(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : refuse(flag, `"${text}"`, "a number", "give a number such as 0.1");
};

/** A whole number from `least` to `most`. */
export const wholeOption =
  (flag: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    return refuse(flag, `"${text}"`, `a whole number ${range}`, "give such a number");
  };

/** One of a few words. */
export const wordOption =
  <T extends string>(flag: string, words: readonly T[]) =>
  (text: string): T =>
    words.find((word) => word === text) ??
    refuse(flag, `"${text}"`, `one of ${words.join(", ")}`, remedyForName(text, words, "give one of these"));

/** Sizes of the hidden layers, `64,32`; none for `none` or nothing. */
export function layersOption(text: string): number[] {
  if (text.trim() === "" || text === "none") return [];
  return text.split(",").map((part, index) => {
    const size = part.trim();
    if (/^\d+$/.test(size) && Number(size) > 0 && Number.isSafeInteger(Number(size))) return Number(size);
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
    `"${brief(text)}"`,
    "names parted by commas",
    'put " around a name that holds a comma, and write "" for each " in it',
  );
