import { Button } from "../../components/button.tsx";
import { Failure, Notice } from "../../components/notice.tsx";
import { count } from "../../format.ts";
import type { FaultMessage } from "../../worker/protocol.ts";
import type { Recovery } from "./contract.ts";
import { remedy, told } from "./words.ts";

export interface TroubleProps {
  readonly fault: FaultMessage | undefined;
  /** What was done about the last one. */
  readonly recovery: Recovery | undefined;
  readonly onRecover: () => void;
}

/** What failed, with a way out where numbers grew beyond all bounds: a lower rate alone does not make them small again. */
export function Trouble({ fault, recovery, onRecover }: TroubleProps) {
  if (fault?.name === "NumericError") {
    const parts = fault.parts && { ...fault.parts, remedy };
    return (
      <Failure
        fault={{ ...fault, ...(parts && { parts }) }}
        title="The numbers grew beyond all bounds"
        action={
          <Button kind="primary" onClick={onRecover}>
            Go back and lower η
          </Button>
        }
      />
    );
  }
  if (!recovery) return <Failure fault={fault} />;
  return (
    <Notice tone="info" title={`Back at step ${count(recovery.step)}, with a lower learning rate`}>
      <p>{told(recovery)}</p>
    </Notice>
  );
}
