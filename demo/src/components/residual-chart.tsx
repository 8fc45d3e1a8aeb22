import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import { count, figure } from "../format.ts";
import { cssColour } from "../theme.ts";
import { axisOf, type PlotOptions, usePlot } from "./use-plot.ts";

export interface ResidualChartProps {
  /** Predicted numbers, ascending. */
  readonly predicted: readonly number[];
  /** Predicted − actual. */
  readonly off: readonly number[];
  readonly height?: number;
}

/** How far each prediction is off, over the predictions: a good fit scatters evenly about 0. */
export function ResidualChart({ predicted, off, height = 220 }: ResidualChartProps) {
  const options = (): PlotOptions => {
    const colour = cssColour("--positive");
    return {
      height,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false }, y: { range: evenly } },
      axes: [axisOf(28), axisOf(56)],
      series: [{}, { paths: () => null, points: { show: true, size: 5, stroke: colour, fill: colour, width: 0 } }],
    };
  };
  const data = useMemo(() => [[...predicted], [...off]] as uPlot.AlignedData, [predicted, off]);
  const host = usePlot(options, String(height), data);
  const most = off.reduce((largest, one) => Math.max(largest, Math.abs(one)), 0);
  return (
    <figure class="chart">
      <div
        ref={host}
        role="img"
        aria-label={`Predicted minus actual over the predicted number, ${count(off.length)} rows. Farthest off: ${figure(most)}`}
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
