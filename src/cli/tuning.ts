import { choiceLabel, choiceText } from "../plan/tiles.ts";
import type { TuneChoice, TuneReport } from "../run/tune/types.ts";
import { formatCount, formatSeconds } from "./format.ts";

/** What the tuner did, as lines. */
export function formatTuning({ adapter, choices, refused, seconds }: TuneReport): string[] {
  if (choices.length === 0) return ["tuned: nothing, since the whole step is one dispatch"];
  const changed = choices.filter(isChanged).length;
  return [
    `tuned: ${changed} of ${formatCount(choices.length, "product")} shared out anew, in ${formatSeconds(seconds)} on ${adapter}`,
    ...choices.map((choice) => `  ${placeOf(choice)}: ${outcome(choice)}`),
    ...refused.map((reason) => `  not taken from the cache: ${reason}`),
  ];
}

const placeOf = ({ kernel, dims, steps }: TuneChoice): string => {
  const sizes = Object.entries(dims).flatMap(([name, size]) => (name === "offset" ? [] : [size]));
  return `${kernel} ${sizes.join("×")}${steps > 1 ? ` (${steps} steps)` : ""}`;
};

const isChanged = ({ from, to }: TuneChoice): boolean => choiceText(from) !== choiceText(to);

function outcome(choice: TuneChoice): string {
  const { to, source, speedup = 1, timed, rejected } = choice;
  const what = `${isChanged(choice) ? "" : "as planned, "}${choiceLabel(to)}`;
  if (source === "cache") return `${what} (from the cache)`;
  const gain = speedup > 1 ? `, ${speedup.toFixed(2)}× as fast` : "";
  const end = source === "measured" ? "" : "; time ran out";
  const left = rejected.length > 0 ? `, ${rejected.length} not allowed` : "";
  return `${what}${gain} (${timed} timed${left}${end})`;
}
