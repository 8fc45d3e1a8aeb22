/** Where the picture of each unit's weights stands, in CSS pixels; shared by the page and the worker. */
export interface WeightLayout {
  readonly columns: number;
  readonly size: number;
  readonly gap: number;
  readonly width: number;
  readonly height: number;
}

const GAP = 5;

/** Least side of a picture. */
const LEAST = 34;

/** Most side, where there are few units. */
const MOST = 72;

export function weightLayout(width: number, units: number): WeightLayout {
  // The most columns that divide the units, so that no row is left short, where their pictures are large enough.
  const most = Math.max(1, Math.floor((width + GAP) / (LEAST + GAP)));
  const even = Array.from({ length: most }, (_, i) => most - i).find((columns) => units % columns === 0) ?? 1;
  const columns = even * 2 > most ? even : Math.min(most, units);
  const size = Math.min(MOST, (width + GAP) / columns - GAP);
  const rows = Math.ceil(units / columns);
  return { columns, size, gap: GAP, width, height: Math.ceil(rows * (size + GAP) - GAP) };
}
