import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { sharpness, useWorkerCanvas } from "../../components/use-worker-canvas.ts";
import { palette, theme } from "../../theme.ts";
import type { Remote } from "../../worker/protocol.ts";
import { gridOf } from "./cards.ts";
import type { BoardView, InsideContract, Place, StepRecord } from "./contract.ts";
import { magnitudeOf } from "./difference.ts";
import { type Measure, measure } from "./measure.ts";

/** The largest side in pixels that every device draws. */
const LARGEST = 8192;

/** How far the colours go in each theme, so that numbers on them stay readable. */
const strengths = { light: 0.7, dark: 0.5 } as const;

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
