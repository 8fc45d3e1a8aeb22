import { useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Connection } from "../../client.ts";
import { palette } from "../../theme.ts";
import type { PlaygroundContract, View } from "./contract.ts";

/** Most pixels of a canvas to a CSS pixel. */
const SHARPEST = 2;

/**
 * Hands the canvases to the worker and keeps it told of their sizes, the theme and the unit to show.
 * @returns width of the network in CSS pixels
 */
export function usePicture(
  connection: RefObject<Connection<PlaygroundContract> | undefined>,
  surface: RefObject<HTMLCanvasElement | null>,
  network: RefObject<HTMLCanvasElement | null>,
  layers: readonly number[],
  unit: View["unit"],
): number {
  const [width, setWidth] = useState(0);
  const shown = useRef(false);
  const latest = useRef({ layers, unit });
  latest.current = { layers, unit };

  const tell = () => {
    const [one, other] = [surface.current, network.current];
    const host = other?.parentElement;
    const { current } = connection;
    if (!one || !other || !host || !current) return;
    const ratio = Math.min(SHARPEST, devicePixelRatio);
    setWidth(host.clientWidth);
    const view: View = {
      surface: Math.round(one.clientWidth * ratio),
      network: host.clientWidth,
      ratio,
      palette: palette(),
      unit: latest.current.unit,
    };
    if (shown.current) {
      void current.call.view(view);
      return;
    }
    shown.current = true;
    const canvases = { surface: one.transferControlToOffscreen(), network: other.transferControlToOffscreen() };
    void current.call.show(canvases, view).catch(() => {});
  };

  useEffect(() => {
    tell();
    const observer = new ResizeObserver(tell);
    for (const canvas of [surface.current, network.current?.parentElement]) if (canvas) observer.observe(canvas);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (shown.current) tell();
  }, [layers, unit]);
  useSignalEffect(() => {
    palette();
    if (shown.current) tell();
  });
  return width;
}
