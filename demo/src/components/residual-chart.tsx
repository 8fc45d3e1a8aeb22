import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { figure } from "../format.ts";
import { cssColour, theme } from "../theme.ts";

export interface ResidualChartProps {
  /** Predicted numbers, ascending. */
  readonly predicted: readonly number[];
  /** Predicted − actual. */
  readonly off: readonly number[];
  readonly height?: number;
}

/** How far each prediction is off, over the predictions: a good fit scatters evenly about 0. */
export function ResidualChart({ predicted, off, height = 220 }: ResidualChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const data = (): uPlot.AlignedData => [[...predicted], [...off]];
  useEffect(() => {
    const target = host.current;
    if (!target) return;
    const axis = {
      stroke: cssColour("--muted"),
      grid: { stroke: cssColour("--line"), width: 1 },
      ticks: { show: false },
      values: (_: uPlot, marks: (number | null)[]) => marks.map((mark) => (mark === null ? "" : compactly(mark))),
    };
    const colour = cssColour("--positive");
    const made = new uPlot(
      {
        width: target.clientWidth || 300,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { range: evenly } },
        axes: [
          { ...axis, size: 28 },
          { ...axis, size: 52 },
        ],
        series: [{}, { paths: () => null, points: { show: true, size: 5, stroke: colour, fill: colour, width: 0 } }],
      },
      data(),
      target,
    );
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height }));
    observer.observe(target);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme.value, height]);
  useEffect(() => chart.current?.setData(data()), [predicted, off]);
  const most = off.reduce((largest, one) => Math.max(largest, Math.abs(one)), 0);
  return (
    <figure class="chart">
      <div
        ref={host}
        role="img"
        aria-label={`Predicted minus actual over the predicted number, ${off.length} rows. Farthest off: ${figure(most)}`}
      />
      <figcaption aria-hidden="true">across: predicted; up: predicted − actual</figcaption>
    </figure>
  );
}

/** As far below 0 as above. */
const evenly = (_: uPlot, low: number, high: number): [number, number] => {
  const most = Math.max(Math.abs(low), Math.abs(high)) * 1.08 || 1;
  return [-most, most];
};

const compactly = (mark: number): string => String(+mark.toPrecision(4));
