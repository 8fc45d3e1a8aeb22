import { useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";
import { count, figure } from "../format.ts";
import { cssColour } from "../theme.ts";
import { axisOf, type PlotOptions, usePlot } from "./use-plot.ts";

export interface Series {
  readonly label: string;
  /** A custom property of the style sheet, such as `--positive`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

export interface LineChartProps {
  /** Says what the chart shows, for screen readers; the latest values are added. */
  readonly label: string;
  /** Of the horizontal axis, such as step numbers. */
  readonly at: readonly number[];
  readonly series: readonly Series[];
  /** In pixels. */
  readonly height?: number;
  /** Whether the vertical axis is logarithmic. */
  readonly logarithmic?: boolean;
}

/** Curves over the steps of a training, with the values below the pointer. */
export function LineChart({ label, at, series, height = 160, logarithmic = false }: LineChartProps) {
  const [pointed, setPointed] = useState<number>();
  const options = (): PlotOptions => ({
    height,
    legend: { show: false },
    cursor: { y: false },
    scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
    axes: [axisOf(24, "step"), axisOf(52)],
    hooks: { setCursor: [({ cursor }) => setPointed(cursor.idx ?? undefined)] },
    series: [
      {},
      ...series.map((one) => ({
        label: one.label,
        stroke: cssColour(one.colour),
        width: 2,
        spanGaps: true,
        points: { show: false },
      })),
    ],
  });
  const look = [height, logarithmic, ...series.map((one) => `${one.label} ${one.colour}`)].join();
  // The list of series is new whenever the page is rendered; their values are only after a report.
  const data = useMemo(
    () => [[...at], ...series.map(({ values }) => [...values])] as uPlot.AlignedData,
    [at, ...series.map(({ values }) => values)],
  );
  const host = usePlot(options, look, data);
  const latest = series.map(({ label: name, values }) => `${name} ${lastOf(values)}`).join(", ");
  return (
    <figure class="chart">
      <div ref={host} role="img" aria-label={`${label}. Latest: ${latest}`}>
        {at.length === 0 && <p class="hint chart-empty">Its curves appear with training.</p>}
      </div>
      <figcaption aria-hidden="true">
        {series.map((one) => (
          <span key={one.label}>
            <i style={{ borderColor: `var(${one.colour})` }} />
            {one.label}
            {pointed !== undefined && <output>{figureAt(one.values, pointed)}</output>}
          </span>
        ))}
        {pointed !== undefined && at[pointed] !== undefined && <span>step {count(at[pointed])}</span>}
      </figcaption>
    </figure>
  );
}

/** The value at a point, or the last one before it, as the curve is drawn. */
function figureAt(values: readonly (number | null)[], point: number): string {
  const value = values.slice(0, point + 1).findLast((one) => one !== null);
  return value === undefined || value === null ? "" : figure(value);
}

const lastOf = (values: readonly (number | null)[]): string => {
  const value = values.at(-1);
  return value === undefined || value === null ? "none yet" : figure(value);
};
