import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { sharpness, useWorkerCanvas } from "../../components/use-worker-canvas.ts";
import { palette, theme } from "../../theme.ts";
import type { Remote } from "../../worker/protocol.ts";
import { gridOf, layerCards } from "./cards.ts";
import type { BoardView, InsideContract, Place, StepRecord } from "./contract.ts";
import { magnitudeOf } from "./difference.ts";
import type { Digits } from "./heat-table.tsx";
import { parseName } from "./names.ts";

/** The largest side in pixels that every device draws. */
const LARGEST = 8192;

/** How far the colours go in each theme, so that numbers on them stay readable. */
const strengths = { light: 0.7, dark: 0.5 } as const;

/** Width in CSS pixels from which a band is one line. */
const WIDE = 1000;

/** How wide the cells of the board are, and how much they hold. */
export interface Measure {
  readonly wide: boolean;
  readonly cell: number;
  readonly digits: Digits;
}

/** Keeps the worker told of where each tensor lies on the board, which it draws on. */
export function useBoard(
  call: Remote<InsideContract["methods"]>,
  host: RefObject<HTMLDivElement | null>,
  canvas: RefObject<HTMLCanvasElement | null>,
  record: StepRecord | undefined,
  stop: number,
): Measure {
  const [width, setWidth] = useState(0);
  const handedOver = useRef(false);

  const tell = () => {
    const [board, drawing] = [host.current, canvas.current];
    if (!board || !drawing || !record) return;
    if (!handedOver.current) {
      handedOver.current = true;
      void call.show(drawing.transferControlToOffscreen()).catch(() => {});
    }
    setWidth(board.clientWidth);
    letScroll(board);
    const area = board.getBoundingClientRect();
    const places = [...board.querySelectorAll<HTMLElement>("table.heat:not(.unknown)")].flatMap((table): Place[] => {
      const { tensor = "" } = table.dataset;
      const values = record.tensors[tensor];
      if (!values) return [];
      const { x, y, width, height } = table.getBoundingClientRect();
      const most = magnitudeOf(values.gpu ?? values.cpu) || 1;
      return [{ name: tensor, x: x - area.x, y: y - area.y, width, height, ...gridOf(values.shape), most }];
    });
    const ratio = Math.min(sharpness(), LARGEST / Math.max(area.width, area.height));
    const view: BoardView = {
      number: record.number,
      width: area.width,
      height: area.height,
      ratio,
      palette: palette(),
      strength: strengths[theme.peek()],
      places,
    };
    void call.view(view).catch(() => {});
  };

  useWorkerCanvas(tell, () => [host.current], record !== undefined);
  useLayoutEffect(tell, [record, stop, width]);
  return measure(width, record);
}

/** A formula that is wider than its card scrolls, and takes the focus so that it does with the keyboard too. */
function letScroll(board: HTMLElement): void {
  for (const formula of board.querySelectorAll<HTMLElement>(".formula")) {
    const scrolls = formula.scrollWidth > formula.clientWidth && getComputedStyle(formula).overflowX === "auto";
    if (scrolls) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
}

/** Pixels that a card adds to its numbers, between two cards, between two slots of a wide band, and at the board's sides. */
const CARD = 14;
const BESIDE = 8;
const GAP = 34;
const SIDES = 28;
const LARGEST_CELL = 54;
const SMALLEST_CELL = 16;

/** Width in pixels that the formula above a tensor takes. */
function formulaWidth(name: string): number {
  const { by, letter, updated } = parseName(name);
  if (updated) return letter === "W" ? 162 : 140;
  if (by !== "") return ({ W: 122, b: 96, z: 166, h: 110, o: 200 } as Record<string, number>)[letter] ?? 0;
  return ({ z: 128, h: 98, o: 150 } as Record<string, number>)[letter] ?? 0;
}

/** The largest cells that fit. */
function measure(width: number, record: StepRecord | undefined): Measure {
  const wide = width >= WIDE;
  const rows = record ? slotRows(record) : [];
  const columnsOf = (name: string) => gridOf(record?.tensors[name]?.shape ?? []).columns;
  const cardWidth = (name: string, cell: number) => CARD + Math.max(columnsOf(name) * cell, formulaWidth(name));
  const slotWidth = (names: readonly string[], cell: number) =>
    names.reduce((sum, name) => sum + cardWidth(name, cell), BESIDE * Math.max(0, names.length - 1));
  const fits = (cell: number) => {
    if (!wide) return rows.flat(2).every((name) => columnsOf(name) * cell + CARD <= (width - SIDES) / 2);
    const slots = [0, 1, 2, 3].map((slot) => Math.max(...rows.map((row) => slotWidth(row[slot] ?? [], cell))));
    return slots.reduce((sum, slot) => sum + slot, SIDES + GAP * (slots.length - 1)) <= width;
  };
  let cell = LARGEST_CELL;
  while (cell > SMALLEST_CELL && !fits(cell)) cell -= 1;
  return { wide, cell, digits: cell >= 46 ? 3 : cell >= 34 ? 2 : 0 };
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
