import { useEffect, useId, useState } from "preact/hooks";
import { lost } from "../../client.ts";
import { Bars } from "../../components/bars.tsx";
import { Panel } from "../../components/panel.tsx";
import { useFirst } from "../../components/use-first.tsx";
import { figure } from "../../format.ts";
import { type FaultMessage, faultOf } from "../../worker/protocol.ts";
import type { Begun, RowPrediction } from "./contract.ts";

/** Classes whose probabilities are shown, the likeliest first. */
const MOST_BARS = 5;

const noInputs: readonly string[] = [];

export interface PredictFormProps {
  readonly begun: Begun | undefined;
  readonly target: string;
  /** Of the training: a new one is a new prediction. */
  readonly step: number;
  /** Whether predictions change all the time, so that they are not read out. */
  readonly running: boolean;
  readonly predict: (cells: readonly string[]) => Promise<RowPrediction>;
}

/** A form for a new row, with what the network makes of it. */
export function PredictForm({ begun, target, step, running, predict }: PredictFormProps) {
  const id = useId();
  const [cells, setCells] = useState<readonly string[]>([]);
  const [prediction, setPrediction] = useState<RowPrediction>();
  const [fault, setFault] = useState<FaultMessage>();

  const { shown, rest } = useFirst(begun?.inputs ?? noInputs, "inputs");

  useEffect(() => {
    setCells(begun?.example ?? []);
    setPrediction(undefined);
    setFault(undefined);
  }, [begun]);
  useEffect(() => {
    if (!begun || step === 0 || cells.length !== begun.inputs.length) return;
    let wanted = true;
    predict(cells).then(
      (made) => {
        if (!wanted) return;
        setPrediction(made);
        setFault(undefined);
      },
      (error) => {
        if (!wanted) return;
        setPrediction(undefined);
        setFault(faultOf(error));
      },
    );
    return () => {
      wanted = false;
    };
  }, [begun, step, cells]);

  return (
    <Panel title="Predict a new row">
      {begun && step > 0 ? (
        <>
          <div class="prediction" role="status" aria-live={running ? "off" : "polite"}>
            <span class="hint clip" title={target}>
              {target}
            </span>
            {fault && !lost.value ? (
              <p class="cell-fault">{cellText(fault)}</p>
            ) : (
              prediction && <Prediction prediction={prediction} classes={begun.classes} />
            )}
          </div>
          <div class="row-form">
            {shown.map((name, i) => (
              <div class="field" key={name}>
                <label for={`${id}-${i}`} title={name}>
                  {name}
                </label>
                <input
                  id={`${id}-${i}`}
                  type="text"
                  inputMode="decimal"
                  autocomplete="off"
                  value={cells[i] ?? ""}
                  onInput={({ currentTarget }) => setCells(cells.with(i, currentTarget.value))}
                />
              </div>
            ))}
            {rest}
          </div>
        </>
      ) : (
        <p class="hint">Once it has trained, type in a row here and see what the network predicts.</p>
      )}
    </Panel>
  );
}

const cellText = ({ parts, message }: FaultMessage): string =>
  parts ? `${parts.where.replace(/^the form: line 1, /, "")}: got ${parts.got}, expected ${parts.expected}.` : message;

function Prediction({ prediction, classes }: { prediction: RowPrediction; classes: readonly string[] }) {
  if (prediction.task === "regression") {
    return (
      <data class="value" data-testid="prediction" value={prediction.value}>
        {figure(prediction.value)}
      </data>
    );
  }
  const { classNumber, probabilities } = prediction;
  const ordered = classes
    .map((name, i) => ({ name, probability: probabilities[i] ?? 0 }))
    .sort((a, b) => b.probability - a.probability);
  return (
    <>
      <data class="value" data-testid="prediction" value={probabilities[classNumber]}>
        {classes[classNumber]}
      </data>
      <Bars bars={ordered.slice(0, MOST_BARS)} best={classes[classNumber]} />
    </>
  );
}
