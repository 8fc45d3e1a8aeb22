import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { figure } from "../format.ts";
import { cssColour, theme } from "../theme.ts";

export interface Series {
  readonly label: string;
  /** A custom property of the style sheet, such as `--positive`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly dash?: boolean;
}

export interface LossChartProps {
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

/** Curves over the steps of a training. */
export function LossChart({ label, at, series, height = 160, logarithmic = false }: LossChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const look = series.map((one) => `${one.label} ${one.colour} ${one.dash}`).join();

  // A chart is made anew when its look or the theme changes.
  useEffect(() => {
    const target = host.current;
    if (!target) return;
    const axis = { stroke: cssColour("--muted"), grid: { stroke: cssColour("--line"), width: 1 } };
    const made = new uPlot(
      {
        width: target.clientWidth || 300,
        height,
        legend: { show: false },
        cursor: { y: false },
        scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
        axes: [
          { ...axis, size: 28, ticks: { show: false } },
          {
            ...axis,
            size: 48,
            ticks: { show: false },
            values: (_, marks) => marks.map((mark) => (mark === null ? "" : figureOf(mark))),
          },
        ],
        series: [
          {},
          ...series.map((one) => ({
            label: one.label,
            stroke: cssColour(one.colour),
            width: 2,
            spanGaps: true,
            ...(one.dash ? { dash: [5, 4] } : {}),
            points: { show: false },
          })),
        ],
      },
      dataOf(at, series),
      target,
    );
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height }));
    observer.observe(target);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme.value, height, look, logarithmic]);

  useEffect(() => chart.current?.setData(dataOf(at, series)), [at, series]);

  const latest = series.map(({ label: name, values }) => `${name} ${lastOf(values)}`).join(", ");
  return (
    <figure class="chart">
      <div ref={host} role="img" aria-label={`${label}. Latest: ${latest}`} />
      <figcaption aria-hidden="true">
        {series.map((one) => (
          <span key={one.label}>
            <i class={one.dash ? "dash" : ""} style={{ borderColor: `var(${one.colour})` }} />
            {one.label}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

const figureOf = (mark: number): string =>
  Math.abs(mark) >= 1e-3 || mark === 0 ? String(+mark.toPrecision(3)) : mark.toExponential(0);

const lastOf = (values: readonly (number | null)[]): string => {
  const value = values.at(-1);
  return value === undefined || value === null ? "none yet" : figure(value);
};

const dataOf = (at: readonly number[], series: readonly Series[]): uPlot.AlignedData => [
  [...at],
  ...series.map(({ values }) => [...values]),
];
