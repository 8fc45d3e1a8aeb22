import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count } from "../format.ts";
import { Button } from "./button.tsx";

/** Rows or fields that are drawn before the rest is asked for: thousands would hold the page up. */
export const FIRST = 100;

/**
 * The first of many, until the user asks for all.
 * @param what they are: `columns`
 * @returns those to show, and a button for the rest, if there are more
 */
export function useFirst<T>(items: readonly T[], what: string): { shown: readonly T[]; rest: ComponentChildren } {
  const [all, setAll] = useState(false);
  if (all || items.length <= FIRST) return { shown: items, rest: undefined };
  return {
    shown: items.slice(0, FIRST),
    rest: <Button onClick={() => setAll(true)}>{`Show all ${count(items.length)} ${what}`}</Button>,
  };
}
