import { useEffect, useId, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { lost } from "../../client.ts";
import { Bars } from "../../components/bars.tsx";
import { Panel } from "../../components/panel.tsx";
import { Said } from "../../components/said.tsx";
import { FIRST, useFirst } from "../../components/use-first.tsx";
import { figure, local, plain, typed } from "../../format.ts";
import { type FaultMessage, faultOf } from "../../worker/protocol.ts";
import { type Begun, MOST_BARS, type RowPrediction } from "./contract.ts";

export interface PredictFormProps {
  readonly begun: Begun | undefined;
  /** How many inputs and classes there will be, for which there is room before training. */
  readonly expected: { readonly inputs: number; readonly classes: number };
  readonly target: string;
  /** Of the training: a new one is a new prediction. */
  readonly step: number;
  /** Whether predictions change all the time, so that they are not read out. */
  readonly running: boolean;
  readonly predict: (cells: readonly string[]) => Promise<RowPrediction>;
}

/** What the network makes of a row. */
interface Answer {
  readonly cells: readonly string[];
  readonly made: RowPrediction;
}

/** A form for a new row, with what the network makes of it. */
export function PredictForm({ begun, expected, target, step, running, predict }: PredictFormProps) {
  const id = useId();
  const [cells, setCells] = useState<readonly string[]>([]);
  const [answer, setAnswer] = useState<Answer>();
  const [fault, setFault] = useState<FaultMessage>();

  const inputs = useMemo(() => begun?.inputs.map((name, i) => ({ name, i })) ?? [], [begun]);
  const { shown, find, rest } = useFirst(inputs, "inputs", ({ name }) => name);

  // A frame later, it would undo what is typed as soon as the form is shown.
  useLayoutEffect(() => {
    setCells(begun?.example.map(local) ?? []);
    setAnswer(undefined);
    setFault(undefined);
  }, [begun]);
  useEffect(() => {
    if (!begun || step === 0 || cells.length !== begun.inputs.length) return;
    const unclear = cells.findIndex((cell) => /\d[.,]\d/.test(cell) && typed(cell) === undefined);
    if (unclear >= 0) {
      setAnswer(undefined);
      setFault(refusal(unclear, begun.inputs[unclear], cells[unclear]));
      return;
    }
    let wanted = true;
    predict(cells.map((cell) => typed(cell) ?? cell)).then(
      (made) => {
        if (!wanted) return;
        setAnswer({ cells, made });
        setFault(undefined);
      },
      (error) => {
        if (!wanted) return;
        setAnswer(undefined);
        setFault(faultOf(error));
      },
    );
    return () => {
      wanted = false;
    };
  }, [begun, step, cells]);

  const room = { "--bars": Math.min(MOST_BARS, expected.classes) };
  return (
    <Panel title="Predict a new row">
      {begun && step > 0 ? (
        <>
          <div class="prediction" style={room} role="status" aria-live={running ? "off" : "polite"}>
            <Said text={target} class="hint clip" />
            {fault && !lost.value ? (
              <p class="cell-fault">{cellText(fault)}</p>
            ) : (
              answer && <Prediction {...answer} classes={begun.classes} />
            )}
          </div>
          {find}
          <div class="row-form">
            {shown.map(({ name, i }) => (
              <div class="field" key={name}>
                <label for={`${id}-${i}`}>
                  <Said text={name} />
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
        <>
          <div class="prediction" style={room}>
            <p class="hint">Once it has trained, type in a row here and see what the network predicts.</p>
          </div>
          <div class="row-form" aria-hidden="true">
            {Array.from({ length: Math.min(FIRST, expected.inputs) }, (_, i) => (
              <div class="field" key={i} />
            ))}
          </div>
        </>
      )}
    </Panel>
  );
}

/** Of a cell that may be either of two numbers, as the session refuses one that holds none. */
const refusal = (column: number, name = "", cell = ""): FaultMessage => ({
  name: "DataError",
  message: `column ${column + 1} ("${name}"): got "${cell}", expected a number such as 1000 or ${plain(0.5)}.`,
});

const cellText = ({ parts, message }: FaultMessage): string =>
  parts ? `${parts.where.replace(/^the form: line 1, /, "")}: got ${parts.got}, expected ${parts.expected}.` : message;

function Prediction({ cells, made, classes }: Answer & { classes: readonly string[] }) {
  // Which row it is of: while another is typed, the one before is still shown.
  const of = { "data-testid": "prediction", "data-cells": cells.join() };
  if (made.task === "regression") {
    return (
      <data class="value" value={made.value} {...of}>
        {figure(made.value)}
      </data>
    );
  }
  const bars = made.likeliest.map(({ classNumber, probability }) => ({
    name: classes[classNumber] ?? "",
    probability,
  }));
  const [best] = bars;
  return (
    <>
      <data class="value" value={best?.probability ?? ""} {...of}>
        <Said text={best?.name ?? ""} />
      </data>
      <Bars bars={bars} best={best?.name} />
    </>
  );
}
