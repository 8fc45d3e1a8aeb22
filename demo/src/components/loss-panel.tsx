import { type Curves, noCurves } from "../worker/curves.ts";
import { LineChart } from "./line-chart.tsx";
import { Panel } from "./panel.tsx";

export interface LossPanelProps {
  /** Undefined before training is ready. */
  readonly curves: Curves | undefined;
  /** What is not trained on: `test rows`. */
  readonly test: string;
  /** Whether the vertical axis is logarithmic. */
  readonly logarithmic?: boolean;
}

/** The loss over the steps, of the batches that are trained on and of what is not. */
export function LossPanel({ curves = noCurves, test, logarithmic = false }: LossPanelProps) {
  return (
    <Panel title="Loss" class="loss-panel">
      <LineChart
        label="Loss by step"
        logarithmic={logarithmic}
        at={curves.steps}
        series={[
          { label: "training batches", colour: "--positive", values: curves.train },
          { label: test, colour: "--negative", values: curves.test },
        ]}
      />
    </Panel>
  );
}
