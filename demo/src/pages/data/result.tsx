import type { Score } from "chainrule/table";
import { Confusion } from "../../components/confusion.tsx";
import { Panel } from "../../components/panel.tsx";
import { ResidualChart } from "../../components/residual-chart.tsx";
import { count, figure, percent } from "../../format.ts";
import type { Begun, Judgement } from "./contract.ts";
import { r2Text, rowsText } from "./words.ts";

/** Up to so many classes the whole matrix is shown, else the pairs most often confused. */
const MOST_MATRIX_CLASSES = 16;
const MOST_PAIRS = 10;

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
          {begun.classes.length <= MOST_MATRIX_CLASSES ? (
            <Confusion
              label={`Confusion of the ${rows}, down the true class, across the predicted one`}
              classes={begun.classes}
              counts={confusion}
            />
          ) : (
            <Pairs classes={begun.classes} counts={confusion} />
          )}
        </Panel>
      )}
      {residuals && (
        <Panel title={`How far ${target} is off`} aside={<span class="hint">{rows}</span>}>
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

function Pairs({ classes, counts }: { classes: readonly string[]; counts: readonly number[] }) {
  const n = classes.length;
  const wrong = counts
    .map((times, at) => ({ times, truth: Math.floor(at / n), predicted: at % n }))
    .filter(({ times, truth, predicted }) => times > 0 && truth !== predicted)
    .sort((a, b) => b.times - a.times);
  if (wrong.length === 0) return <p class="hint">No class is taken for another.</p>;
  return (
    <ul class="pairs">
      {wrong.slice(0, MOST_PAIRS).map(({ times, truth, predicted }) => (
        <li key={`${truth} ${predicted}`}>
          “{classes[truth]}” taken for “{classes[predicted]}”: {count(times)}
        </li>
      ))}
      {wrong.length > MOST_PAIRS && <li>and {count(wrong.length - MOST_PAIRS)} pairs more</li>}
    </ul>
  );
}
