import { count } from "../format.ts";
import { isolated } from "../said.ts";
import { Said } from "./said.tsx";

export interface ConfusionProps {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** `[classes, classes]`, down the true class, across the predicted one. */
  readonly counts: readonly number[];
  /** What was counted, for screen readers. */
  readonly label: string;
}

/** Which classes were taken for which: the diagonal is right. */
export function Confusion({ classes, counts, label }: ConfusionProps) {
  const n = classes.length;
  const row = (truth: number) => counts.slice(truth * n, (truth + 1) * n);
  return (
    <div class="confusion">
      <table>
        <caption class="hidden">{label}</caption>
        <thead>
          <tr>
            <th scope="col" class="corner">
              <span class="hidden">true class</span>
            </th>
            {classes.map((name) => (
              <th scope="col" key={name}>
                <Said text={name} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classes.map((name, truth) => {
            const cells = row(truth);
            const total = cells.reduce((sum, one) => sum + one, 0);
            return (
              <tr key={name}>
                <th scope="row">
                  <Said text={name} />
                </th>
                {cells.map((times, predicted) => (
                  <td
                    key={classes[predicted]}
                    class={truth === predicted ? "right" : "wrong"}
                    style={{ "--share": `${shade(times, total, truth === predicted)}%` }}
                    title={`${isolated(name)} taken for ${isolated(classes[predicted] ?? "")}: ${count(times)}`}
                  >
                    {times === 0 ? "" : count(times)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class="axes" aria-hidden="true">
        down the true class, across the predicted one
      </p>
    </div>
  );
}

/** How much of the colour a cell has, in per cent: few mistakes are to be seen too. */
function shade(times: number, total: number, right: boolean): number {
  if (times === 0) return 0;
  const share = times / Math.max(1, total);
  return Math.round(right ? 8 + 34 * share : 16 + 30 * Math.min(1, 4 * share));
}
