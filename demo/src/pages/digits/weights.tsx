import { useRef, useState } from "preact/hooks";
import { backend } from "../../client.ts";
import { sharpness, useWorkerCanvas } from "../../components/use-worker-canvas.ts";
import { palette } from "../../theme.ts";
import type { Remote } from "../../worker/protocol.ts";
import type { DigitsContract, View } from "./contract.ts";
import { weightLayout } from "./layout.ts";

export interface WeightsProps {
  readonly call: Remote<DigitsContract["methods"]>;
  readonly units: number;
  /** Whether the first layer is hidden, and not the output itself. */
  readonly hidden: boolean;
}

/** What each unit of the first layer looks for: its 64 weights as an image, drawn by the worker. */
export function Weights({ call, units, hidden }: WeightsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const shown = useRef(false);

  const tell = () => {
    const [own, host] = [canvas.current, canvas.current?.parentElement];
    if (!own || !host) return;
    setWidth(host.clientWidth);
    const view: View = { width: host.clientWidth, ratio: sharpness(), palette: palette() };
    if (shown.current) {
      void call.view(view).catch(() => {});
      return;
    }
    shown.current = true;
    void call.show(own.transferControlToOffscreen(), view).catch(() => {});
  };
  useWorkerCanvas(tell, () => [canvas.current?.parentElement]);
  const { height } = weightLayout(width, units);
  return (
    <>
      <div class="weights">
        <canvas
          ref={canvas}
          style={{ width: `${width}px`, height: `${height}px` }}
          role="img"
          aria-label={`The weights of ${units} units, each as an image of 8×8`}
        />
      </div>
      <p class="weights-legend">
        <span>
          <i class="positive" /> ink speaks for
        </span>
        <span>
          <i class="negative" /> ink speaks against
        </span>
      </p>
      <p class="hint">
        {hidden
          ? `Each of ${units} units looks for a pattern of ink.`
          : "Each image is what a digit, 0 to 9, looks like to the network."}{" "}
        {backend.value?.kind === "gpu" && "Drawn from the GPU’s own buffer while it trains."}
      </p>
    </>
  );
}
