/** Where the units of a network are drawn: one column a layer, the inputs first and the output last. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Side of a unit's tile. */
  readonly size: number;
  readonly columns: readonly Column[];
}

export interface Column {
  /** Left edge of the tiles. */
  readonly x: number;
  /** Top edge of the first tile. */
  readonly y: number;
  /** From one tile's top to the next. */
  readonly pitch: number;
  readonly units: number;
}

/**
 * Places the tiles, in CSS pixels.
 * @param layers units of each hidden layer
 */
export function layoutOf(width: number, layers: readonly number[]): Layout {
  const units = [2, ...layers, 1];
  const most = Math.max(...units);
  const slot = width / units.length;
  const size = Math.round(Math.max(14, Math.min(most > 8 ? 26 : 40, slot * 0.56)));
  const pitch = size + (size > 30 ? 10 : 6);
  const height = Math.max(4, most) * pitch + 8;
  return {
    width,
    height,
    size,
    columns: units.map((count, index) => ({
      x: Math.round(slot * (index + 0.5) - size / 2),
      y: Math.round((height - (count * pitch - (pitch - size))) / 2),
      pitch,
      units: count,
    })),
  };
}
