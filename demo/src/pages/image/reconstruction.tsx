import { useEffect, useRef } from "preact/hooks";
import type { Remote } from "../../worker/protocol.ts";
import type { ImageContract, Which } from "./contract.ts";

export interface ReconstructionProps {
  readonly call: Remote<ImageContract["methods"]>;
  readonly which: Which;
  readonly label: string;
  /** Whether there are no points between the picture's pixels. */
  readonly blocky: boolean;
}

/** What a network makes of the picture: the canvas that the worker draws on. */
export function Reconstruction({ call, which, label, blocky }: ReconstructionProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    // A canvas goes over once; a part that is shown again has another one. Whatever fails here fails in the run too.
    if (canvas.current) void call.show(which, canvas.current.transferControlToOffscreen()).catch(() => {});
    return () => void call.hide(which).catch(() => {});
  }, []);
  return <canvas ref={canvas} class={blocky ? "" : "smooth"} role="img" aria-label={label} data-testid={which} />;
}
