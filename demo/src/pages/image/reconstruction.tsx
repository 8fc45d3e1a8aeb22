import { useEffect, useRef } from "preact/hooks";
import type { Connection } from "../../client.ts";
import type { ImageContract, Which } from "./contract.ts";

export interface ReconstructionProps {
  readonly connection: Connection<ImageContract>;
  readonly which: Which;
  readonly label: string;
  /** Whether there are no points between the picture's pixels. */
  readonly blocky: boolean;
}

/** What a network makes of the picture: the canvas that the worker draws on. */
export function Reconstruction({ connection, which, label, blocky }: ReconstructionProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const { call } = connection;
    // A canvas goes over once; a part that is shown again has another one. Whatever fails here fails in the run too.
    if (canvas.current) void call.show(which, canvas.current.transferControlToOffscreen()).catch(() => {});
    return () => void call.hide(which).catch(() => {});
  }, [connection]);
  return <canvas ref={canvas} class={blocky ? "" : "smooth"} role="img" aria-label={label} data-testid={which} />;
}
