import { useState } from "preact/hooks";
import { type FaultMessage, faultOf } from "../worker/protocol.ts";

/** What failed last, and a way to do work whose failure is to be shown. */
export function useFault() {
  const [fault, setFault] = useState<FaultMessage>();
  const attempt = async (work: () => unknown): Promise<void> => {
    setFault(undefined);
    try {
      await work();
    } catch (error) {
      setFault(faultOf(error));
    }
  };
  return { fault, setFault, attempt };
}
