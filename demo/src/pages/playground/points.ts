import { randomNormals, randomNumbers } from "../../random.ts";

/** Labelled points of the plane, in about [−1, 1]². */

export const pointSets = ["spiral", "circle", "xor", "gauss", "moons", "drawn"] as const;
export type PointSet = (typeof pointSets)[number];

/** The plane that is shown: from −VIEW to VIEW in both directions. */
export const VIEW = 1.2;

export interface Point {
  readonly x: number;
  readonly y: number;
  /** 0 or 1. */
  readonly label: number;
}

/** A place of the plane. */
export type Place = Pick<Point, "x" | "y">;

/** What the points of a run follow from. */
export interface PointOptions {
  readonly points: PointSet;
  /** Points to train on. */
  readonly count: number;
  /** 0 to 0.5. */
  readonly noise: number;
  /** Of the points, the first weights and the order of the rows. */
  readonly seed: number;
  /** Points drawn by hand, as text; see `drawnFromText`. */
  readonly drawn: string;
}

/** The points of a run. */
export interface Points {
  readonly train: readonly Point[];
  /** None where the points are drawn by hand. */
  readonly test: readonly Point[];
}

export function pointsOf({ points, count, noise, seed, drawn }: PointOptions): Points {
  if (points === "drawn") return { train: drawnFromText(drawn), test: [] };
  return { train: makePoints(points, count, noise, seed), test: makePoints(points, count, noise, seed ^ 0x5bd1e995) };
}

type Draw = { readonly uniform: () => number; readonly normal: () => readonly [number, number] };

const shapes: Readonly<Record<Exclude<PointSet, "drawn">, (label: number, draw: Draw) => readonly [number, number]>> = {
  spiral: (label, { uniform }) => {
    const t = uniform();
    const angle = 3.5 * Math.PI * Math.sqrt(t) + Math.PI * label;
    const radius = 0.08 + 0.87 * Math.sqrt(t);
    return [radius * Math.sin(angle), radius * Math.cos(angle)];
  },
  circle: (label, { uniform }) => {
    const radius = label === 1 ? 0.45 * Math.sqrt(uniform()) : 0.65 + 0.3 * uniform();
    const angle = 2 * Math.PI * uniform();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  xor: (label, { uniform }) => {
    const [x, y] = [0.08 + 0.85 * uniform(), 0.08 + 0.85 * uniform()];
    const side = uniform() < 0.5 ? -1 : 1;
    return [side * x, (label === 1 ? side : -side) * y];
  },
  gauss: (label, { normal }) => {
    const [x, y] = normal();
    const centre = label === 1 ? 0.42 : -0.42;
    return [centre + 0.17 * x, centre + 0.17 * y];
  },
  moons: (label, { uniform }) => {
    const angle = Math.PI * uniform();
    const [x, y] = [0.62 * Math.cos(angle), 0.62 * Math.sin(angle)];
    return label === 1 ? [x - 0.3, y - 0.18] : [0.3 - x, 0.18 - y];
  },
};

/** `count` seeded points, the two labels in turn; `noise` is the standard deviation of what is added to each. */
export function makePoints(set: Exclude<PointSet, "drawn">, count: number, noise: number, seed: number): Point[] {
  const uniform = randomNumbers(seed);
  const normal = randomNormals(uniform);
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2;
    const [x, y] = shapes[set](label, { uniform, normal });
    const [u, v] = normal();
    return { x: x + noise * u, y: y + noise * v, label };
  });
}

/** Steps of a coordinate as text: three letters a point, the last one the label. */
const STEPS = 64;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A point drawn by hand, moved to the grid that its text can tell. */
export function snap({ x, y, label }: Point): Point {
  return { x: place(cell(x)), y: place(cell(y)), label };
}

const cell = (value: number): number =>
  Math.max(0, Math.min(STEPS - 1, Math.round(((value + VIEW) / (2 * VIEW)) * (STEPS - 1))));
const place = (index: number): number => (index / (STEPS - 1)) * 2 * VIEW - VIEW;

export const drawnToText = (points: readonly Point[]): string =>
  points.map(({ x, y, label }) => `${letters[cell(x)]}${letters[cell(y)]}${label}`).join("");

export function drawnFromText(text: string): Point[] {
  return Array.from(text.matchAll(/([\w-])([\w-])([01])/g), ([, x = "", y = "", label]) => ({
    x: place(letters.indexOf(x)),
    y: place(letters.indexOf(y)),
    label: Number(label),
  }));
}

/** What drawing begins with: one point of each label. */
export const starterPoints: readonly Point[] = [
  { x: -0.5, y: 0.5, label: 0 },
  { x: 0.5, y: -0.5, label: 1 },
];

/** How near the eraser must come to a point. More than half a diagonal of the cross's steps, so that the keyboard reaches each. */
export const ERASER = 0.08;

/** Which points an eraser takes on its way from place to place. */
export function erased(points: readonly Point[], path: readonly Place[]): ReadonlySet<Point> {
  const near = (point: Point) => path.some((end, i) => distance(point, path[i - 1] ?? end, end) <= ERASER);
  return new Set(points.filter(near));
}

/** The points that are left, at least one: there is no training without any. */
export function withoutErased(points: readonly Point[], gone: ReadonlySet<Point>): readonly Point[] {
  const left = points.filter((point) => !gone.has(point));
  return left.length > 0 ? left : points.slice(-1);
}

/** Of a place from the line between two others. */
function distance({ x, y }: Place, from: Place, to: Place): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(x - from.x - t * dx, y - from.y - t * dy);
}
