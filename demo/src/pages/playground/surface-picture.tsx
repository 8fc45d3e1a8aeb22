import type { RefObject } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { Choice } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { fixed } from "../../format.ts";
import type { Status } from "./contract.ts";
import { nameOf } from "./network-picture.tsx";
import type { RunOptions } from "./options.ts";
import { drawnToText, ERASER, erased, type Place, type Point, pointsOf, snap, VIEW, withoutErased } from "./points.ts";

export interface SurfacePictureProps {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly run: RunOptions;
  readonly unit: { readonly layer: number; readonly unit: number } | undefined;
  readonly status: Status | undefined;
  /** Whether the canvas shows another run still. */
  readonly outdated: boolean;
  /** Called with all points as text when a stroke ends. */
  readonly onDraw: (drawn: string) => void;
}

/** What a stroke does: sets points of a label, or takes away those that it meets. */
type Tool = "0" | "1" | "eraser";

interface Stroke {
  readonly tool: Tool;
  readonly path: readonly Place[];
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

/** The decision over the plane, on which points are drawn and erased with mouse, finger or keyboard. */
export function SurfacePicture({ canvas, run, unit, status, outdated, onDraw }: SurfacePictureProps) {
  const [tool, setTool] = useState<Tool>("1");
  const [stroke, setStroke] = useState<Stroke>();
  const [cross, setCross] = useState<Place>();
  /** The pointer that draws: another finger or button does not. */
  const drawing = useRef<number | undefined>(undefined);
  const points = useMemo(() => pointsOf(run).train, [run]);
  const drawable = run.points === "drawn";
  const title = unit ? `Response of ${nameOf(unit.layer, unit.unit, false)}` : "Decision";

  const extend = (by: Tool, event: PointerEvent) => {
    const place = placeOf(event);
    setStroke((now) => {
      const path = now?.path ?? [];
      const last = path.at(-1);
      const close = last && Math.hypot(last.x - place.x, last.y - place.y) < SPACING;
      // An eraser leaves nothing out on its way.
      return { tool: now?.tool ?? by, path: close && by !== "eraser" ? path : [...path, place] };
    });
  };
  const finish = ({ pointerId }: PointerEvent) => {
    if (pointerId !== drawing.current) return;
    drawing.current = undefined;
    if (stroke) apply(stroke);
    setStroke(undefined);
  };
  const apply = (done: Stroke) => {
    const left = done.tool === "eraser" ? withoutErased(points, erased(points, done.path)) : [...points, ...made(done)];
    if (left.length !== points.length) onDraw(drawnToText(left));
  };
  const press = (event: KeyboardEvent) => {
    const at = cross ?? { x: 0, y: 0 };
    const [dx, dy] = arrows[event.key] ?? [];
    const limit = (value: number) => Math.max(-VIEW, Math.min(VIEW, value));
    if (dx !== undefined && dy !== undefined) setCross({ x: limit(at.x + dx), y: limit(at.y + dy) });
    else if (event.key === " " || event.key === "Enter") apply({ tool, path: [at] });
    else if (event.key === "Delete" || event.key === "Backspace") apply({ tool: "eraser", path: [at] });
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
              "aria-label": "Draw points: arrow keys move the cross, space sets a point, delete erases those beside it",
              onPointerDown: (event: PointerEvent) => {
                if (event.button !== 0 || !event.isPrimary) return;
                drawing.current = event.pointerId;
                (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
                extend(event.altKey ? "eraser" : tool, event);
              },
              onPointerMove: (event: PointerEvent) =>
                event.pointerId === drawing.current && extend(stroke?.tool ?? tool, event),
              onPointerUp: finish,
              onPointerCancel: finish,
              onKeyDown: press,
              onBlur: () => setCross(undefined),
            }
          : {})}
      >
        <canvas ref={canvas} class={outdated ? "outdated" : ""} role="img" aria-label={describe(title, status)} />
        <svg viewBox={`${-VIEW} ${-VIEW} ${2 * VIEW} ${2 * VIEW}`} aria-hidden="true">
          {outdated && <Dots points={points} />}
          {stroke && <StrokeMarks stroke={stroke} points={points} />}
          {cross && <Cross at={cross} erases={tool === "eraser"} />}
        </svg>
      </div>
      {drawable && (
        <Choice
          label="Draw or erase"
          value={tool}
          onChange={setTool}
          options={[
            { value: "0", text: "orange" },
            { value: "1", text: "blue" },
            { value: "eraser", text: "eraser" },
          ]}
        />
      )}
      <p class="hidden" role="status">
        {cross ? `cross at ${fixed(cross.x, 1)}, ${fixed(cross.y, 1)}${besides(cross, points)}` : ""}
      </p>
    </Panel>
  );
}

/** Where a pointer is on the plane. */
function placeOf(event: PointerEvent): Place {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const place = (value: number) => value * 2 * VIEW - VIEW;
  return { x: place((event.clientX - box.left) / box.width), y: -place((event.clientY - box.top) / box.height) };
}

/** The points that a stroke sets. */
const made = ({ tool, path }: Stroke): readonly Point[] =>
  tool === "eraser" ? [] : path.map((place) => snap({ ...place, label: Number(tool) }));

/** What the eraser would take at a place. */
function besides(place: Place, points: readonly Point[]): string {
  const { size } = erased(points, [place]);
  return size === 0 ? "" : `, beside ${size === 1 ? "a point" : `${size} points`}`;
}

const dot = ({ x, y }: Place, kind: string, radius = 0.025) => (
  <circle key={`${x},${y}`} cx={x} cy={-y} r={radius} class={kind} />
);

function Dots({ points }: { points: readonly Point[] }) {
  return <g class="preview">{points.map((point) => dot(point, point.label === 1 ? "positive" : "negative"))}</g>;
}

/** What a stroke does so far: the points that it sets, or those that it takes, under a ring as large as the eraser. */
function StrokeMarks({ stroke, points }: { stroke: Stroke; points: readonly Point[] }) {
  const last = stroke.path.at(-1);
  if (stroke.tool !== "eraser") {
    return <g class="stroke">{made(stroke).map((point) => dot(point, point.label === 1 ? "positive" : "negative"))}</g>;
  }
  return (
    <g class="stroke">
      {[...erased(points, stroke.path)].map((point) => dot(point, "gone", 0.035))}
      {last && dot(last, "cross", ERASER)}
    </g>
  );
}

function Cross({ at: { x, y }, erases }: { at: Place; erases: boolean }) {
  return (
    <>
      <path class="cross" d={`M${x - 0.08} ${-y}h0.16M${x} ${-y - 0.08}v0.16`} />
      {erases && <circle class="cross" cx={x} cy={-y} r={ERASER} />}
    </>
  );
}

const describe = (title: string, status: Status | undefined): string =>
  `${title} over the plane with the points to learn${
    status?.accuracy ? `; ${Math.round(100 * status.accuracy.train)} % of them on the right side` : ""
  }`;
