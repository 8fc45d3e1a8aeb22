import { useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { backend, type Connection } from "../../client.ts";
import { palette } from "../../theme.ts";
import type { DigitsContract, View } from "./contract.ts";
import { weightLayout } from "./layout.ts";

/** Most pixels of a canvas to a CSS pixel. */
const SHARPEST = 2;

export interface WeightsProps {
  readonly connection: RefObject<Connection<DigitsContract> | undefined>;
  readonly units: number;
  /** Whether the first layer is hidden, and not the output itself. */
  readonly hidden: boolean;
}

/** What each unit of the first layer looks for: its 64 weights as an image, drawn by the worker. */
export function Weights({ connection, units, hidden }: WeightsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const shown = useRef(false);

  const tell = () => {
    const [own, host, { current }] = [canvas.current, canvas.current?.parentElement, connection];
    if (!own || !host || !current) return;
    setWidth(host.clientWidth);
    const ratio = Math.min(SHARPEST, devicePixelRatio);
    const view: View = { width: host.clientWidth, ratio, palette: palette() };
    if (shown.current) {
      void current.call.view(view);
      return;
    }
    shown.current = true;
    void current.call.show(own.transferControlToOffscreen(), view).catch(() => {});
  };
  useEffect(() => {
    // The connection is made by the page's own effect, which runs after those of its parts.
    const first = setTimeout(tell);
    const observer = new ResizeObserver(() => shown.current && tell());
    if (canvas.current?.parentElement) observer.observe(canvas.current.parentElement);
    return () => {
      clearTimeout(first);
      observer.disconnect();
    };
  }, []);
  useSignalEffect(() => {
    palette();
    if (shown.current) tell();
  });
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
