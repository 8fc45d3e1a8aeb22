import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { mark } from "../format.ts";
import { cssColour, theme } from "../theme.ts";

/** What a chart is but for its width, made when its look or the theme changes. */
export type PlotOptions = Omit<uPlot.Options, "width">;

/**
 * A chart as wide as its host.
 * @param make its options, in the colours of the theme
 * @param look of what its options follow; the chart is made anew when it changes
 * @returns the host
 */
export function usePlot(
  make: () => PlotOptions,
  look: string,
  data: uPlot.AlignedData,
): RefObject<HTMLDivElement | null> {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  // A frame later, the legend below it would move.
  useLayoutEffect(() => {
    const target = host.current;
    if (!target) return;
    const options = make();
    const made = new uPlot({ ...options, width: target.clientWidth || 300 }, data, target);
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height: options.height }));
    observer.observe(target);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme.value, look]);
  useEffect(() => chart.current?.setData(data), [data]);
  return host;
}

/** An axis in the colours of the theme, with numbers as the rest of the page has them. @param label below it */
export const axisOf = (size: number, label?: string): uPlot.Axis => ({
  size,
  stroke: cssColour("--muted"),
  grid: { stroke: cssColour("--line"), width: 1 },
  ticks: { show: false },
  ...(label && { label, labelSize: 18, labelFont: "12px system-ui, sans-serif", labelGap: 0 }),
  values: (_, marks) => marks.map((value: number | null) => (value === null ? "" : mark(value))),
});
