import { Bars } from "../../components/bars.tsx";
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
      <Bars
        label="Probability of each digit"
        bars={values.map((value, digit) => ({ name: String(digit), probability: probabilities && value }))}
        best={best === undefined ? undefined : String(best)}
      />
    </div>
  );
}
