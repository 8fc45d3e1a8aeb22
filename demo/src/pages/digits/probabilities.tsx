import { percent } from "../../format.ts";
import { DigitImage } from "./digit-image.tsx";

export interface ProbabilitiesProps {
  /** The image, 8×8. */
  readonly pixels: Uint8Array | undefined;
  /** What the network gives each digit. */
  readonly probabilities: Float32Array | undefined;
  readonly trained: boolean;
  /** Whether they change all the time, so that they are not read out. */
  readonly running: boolean;
}

const nothing = new Uint8Array();

/** The image as the network gets it, and a bar for each digit. */
export function Probabilities({ pixels, probabilities, trained, running }: ProbabilitiesProps) {
  const values = Array.from({ length: 10 }, (_, digit) => probabilities?.[digit] ?? 0);
  const best = probabilities ? values.indexOf(Math.max(...values)) : undefined;
  return (
    <div class="seen">
      <div class="seen-image">
        <div class="frame">
          <DigitImage pixels={pixels ?? nothing} label={pixels ? "The image in 8×8 pixels" : "No image yet"} />
        </div>
        <p class="verdict" role="status" aria-live={running ? "off" : "polite"}>
          {best === undefined ? (
            <span class="hint">nothing yet</span>
          ) : (
            <>
              <strong data-testid="verdict">{best}</strong>
              <span class="hint">{trained ? percent(values[best] ?? 0) : "a guess: not trained"}</span>
            </>
          )}
        </p>
      </div>
      <ol class="bars" aria-label="Probability of each digit">
        {values.map((value, digit) => (
          <li key={digit} class={digit === best ? "best" : ""}>
            <span>{digit}</span>
            <i aria-hidden="true">
              <b style={{ width: `${100 * value}%` }} />
            </i>
            <span class="share">{best === undefined ? "" : percent(value)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
