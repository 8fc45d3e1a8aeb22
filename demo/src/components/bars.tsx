import { percent } from "../format.ts";
import { Said } from "./said.tsx";

/** A class with what the network gives it. */
export interface Bar {
  readonly name: string;
  /** Undefined where there is nothing to judge. */
  readonly probability: number | undefined;
}

/** Probabilities as bars. @param best the class that stands out */
export function Bars({ bars, best, label }: { bars: readonly Bar[]; best: string | undefined; label?: string }) {
  return (
    <ol class="bars" aria-label={label}>
      {bars.map(({ name, probability }) => (
        <li key={name} class={name === best ? "best" : ""}>
          <Said text={name} />
          <i aria-hidden="true">
            <b style={{ width: `${100 * (probability ?? 0)}%` }} />
          </i>
          <span class="share">{probability === undefined ? "" : percent(probability)}</span>
        </li>
      ))}
    </ol>
  );
}
