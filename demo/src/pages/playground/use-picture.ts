import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { sharpness, useWorkerCanvas } from "../../components/use-worker-canvas.ts";
import { palette } from "../../theme.ts";
import type { Remote } from "../../worker/protocol.ts";
import type { PlaygroundContract, View } from "./contract.ts";

/**
 * Hands the canvases to the worker and keeps it told of their sizes, the theme and the unit to show.
 * @returns width of the network in CSS pixels
 */
export function usePicture(
  call: Remote<PlaygroundContract["methods"]>,
  surface: RefObject<HTMLCanvasElement | null>,
  network: RefObject<HTMLCanvasElement | null>,
  layers: readonly number[],
  unit: View["unit"],
): number {
  const [width, setWidth] = useState(0);
  const shown = useRef(false);

  const tell = () => {
    const [one, other] = [surface.current, network.current];
    const host = other?.parentElement;
    if (!one || !other || !host) return;
    const ratio = sharpness();
    setWidth(host.clientWidth);
    const view: View = {
      surface: Math.round(one.clientWidth * ratio),
      network: host.clientWidth,
      ratio,
      palette: palette(),
      unit,
    };
    if (shown.current) {
      void call.view(view).catch(() => {});
      return;
    }
    shown.current = true;
    const canvases = { surface: one.transferControlToOffscreen(), network: other.transferControlToOffscreen() };
    void call.show(canvases, view).catch(() => {});
  };

  useWorkerCanvas(tell, () => [surface.current, network.current?.parentElement]);
  useEffect(() => {
    if (shown.current) tell();
  }, [layers, unit]);
  return width;
}
