import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count } from "../format.ts";

/** Rows or fields that are drawn at once: thousands would hold the page up. */
export const FIRST = 100;

/**
 * The first of many, with a field to find others by their names.
 * @param what they are: `columns`
 * @param nameOf what is looked through
 * @returns those to show; where there are more, the field, and how many are not shown
 */
export function useFirst<T>(
  items: readonly T[],
  what: string,
  nameOf: (item: T) => string,
): { shown: readonly T[]; find: ComponentChildren; rest: ComponentChildren } {
  const [sought, setSought] = useState("");
  if (items.length <= FIRST) return { shown: items, find: undefined, rest: undefined };
  const wanted = sought.toLowerCase();
  const found = wanted === "" ? items : items.filter((item) => nameOf(item).toLowerCase().includes(wanted));
  const label = `Find among ${count(items.length)} ${what}`;
  return {
    shown: found.slice(0, FIRST),
    find: (
      <div class="field find">
        <input
          type="text"
          placeholder={label}
          aria-label={label}
          autocomplete="off"
          value={sought}
          onInput={({ currentTarget }) => setSought(currentTarget.value)}
        />
      </div>
    ),
    rest: (
      <p class="hint" role="status">
        {found.length > FIRST ? `and ${count(found.length - FIRST)} more` : found.length === 0 && "None has that name."}
      </p>
    ),
  };
}
