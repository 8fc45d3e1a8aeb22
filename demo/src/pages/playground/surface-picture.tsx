import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { Choice } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { fixed } from "../../format.ts";
import type { Status } from "./contract.ts";
import { nameOf } from "./network-picture.tsx";
import type { RunOptions } from "./options.ts";
import { drawnFromText, drawnToText, type Point, snap, VIEW } from "./points.ts";

export interface SurfacePictureProps {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly run: RunOptions;
  readonly unit: { readonly layer: number; readonly unit: number } | undefined;
  readonly status: Status | undefined;
  /** Called with all points as text when a stroke ends. */
  readonly onDraw: (drawn: string) => void;
}

/** Least distance between two points of a stroke. */
const SPACING = 0.07;

/** How far an arrow key moves the cross. */
const KEY_STEP = 0.1;

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-KEY_STEP, 0],
  ArrowRight: [KEY_STEP, 0],
  ArrowUp: [0, KEY_STEP],
  ArrowDown: [0, -KEY_STEP],
};

/** The decision over the plane, on which points are drawn with mouse, finger or keyboard. */
export function SurfacePicture({ canvas, run, unit, status, onDraw }: SurfacePictureProps) {
  const [label, setLabel] = useState<"0" | "1">("1");
  const [stroke, setStroke] = useState<readonly Point[]>([]);
  const [cross, setCross] = useState<readonly [number, number]>();
  /** The pointer that draws: another finger or button does not. */
  const drawing = useRef<number | undefined>(undefined);
  const drawable = run.points === "drawn";
  const title = unit ? `Response of ${nameOf(unit.layer, unit.unit, false)}` : "Decision";

  const pointAt = (event: PointerEvent): Point => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const place = (value: number) => value * 2 * VIEW - VIEW;
    const x = place((event.clientX - box.left) / box.width);
    const y = -place((event.clientY - box.top) / box.height);
    return snap({ x, y, label: Number(label) });
  };
  const extend = (event: PointerEvent) => {
    const point = pointAt(event);
    setStroke((points) => {
      const last = points.at(-1);
      if (last && Math.hypot(last.x - point.x, last.y - point.y) < SPACING) return points;
      return [...points, point];
    });
  };
  const finish = ({ pointerId }: PointerEvent) => {
    if (pointerId !== drawing.current) return;
    drawing.current = undefined;
    add(stroke);
    setStroke([]);
  };
  const add = (points: readonly Point[]) => {
    if (points.length > 0) onDraw(drawnToText([...drawnFromText(run.drawn), ...points]));
  };
  const press = (event: KeyboardEvent) => {
    const [x, y] = cross ?? [0, 0];
    const move = arrows[event.key];
    const limit = (value: number) => Math.max(-VIEW, Math.min(VIEW, value));
    if (move) setCross([limit(x + move[0]), limit(y + move[1])]);
    else if (event.key === " " || event.key === "Enter") add([snap({ x, y, label: Number(label) })]);
    else return;
    event.preventDefault();
  };

  return (
    <Panel title={title} class="spaced surface-panel">
      <div
        class={`surface ${drawable ? "drawable" : ""}`}
        {...(drawable
          ? {
              role: "application",
              tabIndex: 0,
              "aria-label": "Draw points: arrow keys move the cross, space sets a point",
              onPointerDown: (event: PointerEvent) => {
                if (event.button !== 0 || !event.isPrimary) return;
                drawing.current = event.pointerId;
                (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
                extend(event);
              },
              onPointerMove: (event: PointerEvent) => event.pointerId === drawing.current && extend(event),
              onPointerUp: finish,
              onPointerCancel: finish,
              onKeyDown: press,
              onBlur: () => setCross(undefined),
            }
          : {})}
      >
        <canvas ref={canvas} role="img" aria-label={describe(title, status)} />
        <svg viewBox={`${-VIEW} ${-VIEW} ${2 * VIEW} ${2 * VIEW}`} aria-hidden="true">
          {stroke.map(({ x, y, label: own }) => (
            <circle key={`${x},${y}`} cx={x} cy={-y} r="0.025" class={own === 1 ? "positive" : "negative"} />
          ))}
          {cross && (
            <path class="cross" d={`M${cross[0] - 0.08} ${-cross[1]}h0.16M${cross[0]} ${-cross[1] - 0.08}v0.16`} />
          )}
        </svg>
      </div>
      {drawable && (
        <Choice
          label="Draw points of"
          value={label}
          onChange={setLabel}
          options={[
            { value: "0", text: "orange" },
            { value: "1", text: "blue" },
          ]}
        />
      )}
      <p class="hidden" role="status">
        {cross ? `cross at ${fixed(cross[0], 1)}, ${fixed(cross[1], 1)}` : ""}
      </p>
    </Panel>
  );
}

const describe = (title: string, status: Status | undefined): string =>
  `${title} over the plane with the points to learn${
    status?.accuracy ? `; ${Math.round(100 * status.accuracy.train)} % of them on the right side` : ""
  }`;
