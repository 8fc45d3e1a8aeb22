import { number } from "../../query.ts";

/** Seconds to measure for, unless the address says otherwise. */
const SECONDS = 15;

export const secondsOf = (query: URLSearchParams): number =>
  number(query, "seconds", SECONDS, (value) => value > 0 && value <= 600);

/** `?check=off` leaves the check until somebody asks for it, such as who came for the benchmark. */
export const checksAtOnce = (query: URLSearchParams): boolean => query.get("check") !== "off";
