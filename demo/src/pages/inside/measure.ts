import { gridOf, layerCards } from "./cards.ts";
import type { StepRecord } from "./contract.ts";
import { parseName } from "./names.ts";

/** How the board lies: a band is one line, or forward stands beside backward, or all one below the other. */
export type Layout = "wide" | "narrow" | "single";

/** How much of a number fits a cell. */
export type Digits = 2 | 3;

/** How the board lies, how wide its cells are, and how much they hold. */
export interface Measure {
  readonly layout: Layout;
  readonly cell: number;
  readonly digits: Digits;
}

/** Width in CSS pixels from which a band may be one line. */
const WIDE = 1000;

/**
 * Pixels that a card adds to its numbers, between two cards, between two slots of a band by layout, and at the board's sides.
 * `board.css` and `cards.css` have the same.
 */
const CARD = 14;
const BESIDE = 8;
const GAP = { wide: 34, narrow: 12 };
const SIDES = 28;

const LARGEST_CELL = 54;
/** From here on a cell holds a number of three digits, and of two: there is none without. */
const THREE_DIGITS = 46;
const SMALLEST_CELL = 34;

/** Width in pixels that the formula above a tensor takes where the band is one line; elsewhere it may scroll. */
function formulaWidth(name: string): number {
  const { by, letter, updated } = parseName(name);
  if (updated) return letter === "W" ? 162 : 140;
  if (by !== "") return ({ W: 122, b: 96, z: 166, h: 110, o: 200 } as Record<string, number>)[letter] ?? 0;
  return ({ z: 128, h: 98, o: 150 } as Record<string, number>)[letter] ?? 0;
}

/** The layout that uses most of a width in CSS pixels of those in which every cell holds its number, with the largest cells that fit. */
export function measure(width: number, record: StepRecord | undefined): Measure {
  const rows = record ? slotRows(record) : [];
  const columnsOf = (name: string) => gridOf(record?.tensors[name]?.shape ?? []).columns;
  const cardWidth = (name: string, cell: number) => CARD + Math.max(columnsOf(name) * cell, formulaWidth(name));
  const slotWidth = (names: readonly string[], cell: number) =>
    names.reduce((sum, name) => sum + cardWidth(name, cell), BESIDE * Math.max(0, names.length - 1));
  const widest = Math.max(0, ...rows.flat(2).map(columnsOf));
  const fits = (layout: Layout, cell: number): boolean => {
    if (layout === "single") return widest * cell + CARD <= width - SIDES;
    if (layout === "narrow") return 2 * (widest * cell + CARD) + GAP.narrow <= width - SIDES;
    const slots = [0, 1, 2, 3].map((slot) => Math.max(...rows.map((row) => slotWidth(row[slot] ?? [], cell))));
    return width >= WIDE && slots.reduce((sum, slot) => sum + slot, SIDES + GAP.wide * (slots.length - 1)) <= width;
  };
  const layout = (["wide", "narrow"] as const).find((one) => fits(one, SMALLEST_CELL)) ?? "single";
  let cell = LARGEST_CELL;
  while (cell > SMALLEST_CELL && !fits(layout, cell)) cell -= 1;
  return { layout, cell, digits: cell >= THREE_DIGITS ? 3 : 2 };
}

/** What stands in the four columns of a wide band, line by line. */
function slotRows({ textbook }: StepRecord): readonly (readonly (readonly string[])[])[] {
  const given = [[], ["x", "y"]];
  const layers = layerCards(textbook.plan).flatMap(({ parameters, z, out, gradients, dz, dout, updated }) => [
    [[], parameters, z ? [z] : [], [out]],
    [updated, gradients, dz ? [dz] : [], [dout]],
  ]);
  return [given, ...layers];
}
