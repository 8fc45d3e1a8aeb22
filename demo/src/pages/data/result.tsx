import type { Score } from "chainrule/table";
import { Confusion } from "../../components/confusion.tsx";
import { Panel } from "../../components/panel.tsx";
import { ResidualChart } from "../../components/residual-chart.tsx";
import { Said } from "../../components/said.tsx";
import { count, figure, percent } from "../../format.ts";
import type { Begun, Judgement } from "./contract.ts";
import { r2Text, rowsText } from "./words.ts";

export interface ResultProps {
  readonly begun: Begun | undefined;
  readonly judgement: Judgement | undefined;
  readonly target: string;
}

/** How good the network is, and where it is wrong. */
export function Result({ begun, judgement, target }: ResultProps) {
  if (!begun || !judgement) return null;
  const { confusion, residuals, train, test } = judgement;
  const rows = `${rowsText(test?.rows ?? train.rows)} ${test ? "to test on" : "trained on"}`;
  return (
    <>
      <Panel title="Scores">
        <Scores train={train} test={test} />
      </Panel>
      {confusion && (
        <Panel title="Which class is taken for which" aside={<span class="hint">{rows}</span>}>
          {"counts" in confusion ? (
            <Confusion
              label={`Confusion of the ${rows}, down the true class, across the predicted one`}
              classes={begun.classes}
              counts={confusion.counts}
            />
          ) : (
            <Pairs classes={begun.classes} {...confusion} />
          )}
        </Panel>
      )}
      {residuals && (
        <Panel
          title={
            <>
              How far <Said text={target} /> is off
            </>
          }
          aside={<span class="hint">{rows}</span>}
        >
          <ResidualChart predicted={residuals.predicted} off={residuals.off} />
        </Panel>
      )}
    </>
  );
}

function Scores({ train, test }: { train: Score; test: Score | undefined }) {
  const regression = train.fit !== undefined;
  const parts: [name: string, score: Score][] = [["trained on", train]];
  if (test) parts.push(["to test on", test]);
  return (
    <table class="scores">
      <thead>
        <tr>
          <th scope="col">Rows</th>
          <th scope="col">How many</th>
          <th scope="col">{regression ? "Loss (scaled)" : "Loss"}</th>
          <th scope="col">{regression ? "RMSE" : "Accuracy"}</th>
          {regression && <th scope="col">R²</th>}
        </tr>
      </thead>
      <tbody>
        {parts.map(([name, { rows, loss, accuracy, fit }]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{count(rows)}</td>
            <td>{figure(loss)}</td>
            <td>{fit ? figure(fit.rmse) : accuracy === undefined ? "" : percent(accuracy)}</td>
            {fit && <td>{r2Text(fit.r2, 4)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type PairsProps = Extract<NonNullable<Judgement["confusion"]>, { pairs: unknown }> & { classes: readonly string[] };

function Pairs({ classes, pairs, confused }: PairsProps) {
  if (confused === 0) return <p class="hint">No class is taken for another.</p>;
  return (
    <ul class="pairs">
      {pairs.map(({ times, truth, predicted }) => (
        <li key={`${truth} ${predicted}`}>
          “<Said text={classes[truth] ?? ""} />” taken for “<Said text={classes[predicted] ?? ""} />
          ”: {count(times)}
        </li>
      ))}
      {confused > pairs.length && <li>and {count(confused - pairs.length)} pairs more</li>}
    </ul>
  );
}
