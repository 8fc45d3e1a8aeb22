import { useEffect, useRef } from "preact/hooks";
import type { Grid } from "./features.ts";

export interface PixelsProps extends Grid {
  /** Red, green, blue and alpha of each pixel. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** For screen readers; without, it is ornament. */
  readonly label?: string;
}

/** A picture of given pixels. */
export function Pixels({ pixels, columns, rows, label }: PixelsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(new ImageData(pixels, columns, rows), 0, 0);
  }, [pixels, columns, rows]);
  const named = label === undefined ? { "aria-hidden": true } : { role: "img" as const, "aria-label": label };
  return <canvas ref={canvas} width={columns} height={rows} {...named} />;
}
