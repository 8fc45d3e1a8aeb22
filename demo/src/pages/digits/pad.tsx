import { useEffect, useRef } from "preact/hooks";
import type { Point, Stroke } from "./preprocess.ts";

export interface PadProps {
  readonly strokes: readonly Stroke[];
  readonly onChange: (strokes: readonly Stroke[]) => void;
}

/** Least distance between two points of a stroke, of the pad's side. */
const SPACING = 0.008;

/** Where one draws, with mouse, pen or finger. */
export function Pad({ strokes, onChange }: PadProps) {
  const drawing = useRef<number>(undefined);
  // Moves come faster than frames: they build on each other, and the page takes them once a frame.
  const latest = useRef(strokes);
  const frame = useRef<number>(undefined);
  if (frame.current === undefined) latest.current = strokes;

  const pointAt = (event: PointerEvent): Point => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const forget = () => {
    cancelAnimationFrame(frame.current ?? 0);
    frame.current = undefined;
  };
  const tell = () => {
    forget();
    onChange(latest.current);
  };
  const change = (next: readonly Stroke[]) => {
    latest.current = next;
    frame.current ??= requestAnimationFrame(tell);
  };
  useEffect(() => forget, []);
  const begin = (event: PointerEvent) => {
    if (event.button !== 0) return;
    drawing.current = event.pointerId;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    change([...latest.current, [pointAt(event)]]);
  };
  const extend = (event: PointerEvent) => {
    if (drawing.current !== event.pointerId) return;
    const point = pointAt(event);
    const stroke = latest.current.at(-1) ?? [];
    const last = stroke.at(-1);
    if (last && Math.hypot(last[0] - point[0], last[1] - point[1]) < SPACING) return;
    change([...latest.current.slice(0, -1), [...stroke, point]]);
  };
  const end = (event: PointerEvent) => {
    if (drawing.current !== event.pointerId) return;
    drawing.current = undefined;
    tell();
  };
  return (
    <div
      class="pad"
      role="img"
      aria-label="Where to draw a digit with mouse or finger"
      onPointerDown={begin}
      onPointerMove={extend}
      onPointerUp={end}
      onPointerCancel={end}
    >
      <svg viewBox="0 0 1 1" aria-hidden="true">
        {strokes.map((stroke, i) => (
          <polyline key={i} points={[stroke[0], ...stroke].map((point) => point?.join()).join(" ")} />
        ))}
      </svg>
      {strokes.length === 0 && (
        <p aria-hidden="true">
          Draw a digit
          <br />
          here
        </p>
      )}
    </div>
  );
}
