import { useState } from "preact/hooks";

export interface ScrubProps {
  readonly step: number;
  readonly reached: number;
  readonly disabled: boolean;
  /** Settles when it is there. */
  readonly onRewind: (step: number) => Promise<void>;
}

/** The way back to an earlier step. The thumb stays where it is held, and at what it was let go, until training is there. */
export function Scrub({ step, reached, disabled, onRewind }: ScrubProps) {
  const [held, setHeld] = useState<{ readonly step: number; readonly reached: number }>();
  const shown = held ?? { step, reached };
  const go = async (to: number) => {
    const mine = { step: to, reached: shown.reached };
    setHeld(mine);
    await onRewind(to);
    // A mouse that lets go is two events, of which the second goes to the same step anew and ends the first on its way.
    setHeld((now) => (now === mine ? undefined : now));
  };
  return (
    <label>
      <span class="hidden">Go to an earlier step</span>
      <input
        type="range"
        min={0}
        max={Math.max(1, shown.reached)}
        value={shown.step}
        disabled={disabled}
        aria-valuetext={`step ${shown.step} of ${shown.reached}`}
        onInput={({ currentTarget }) => setHeld({ step: currentTarget.valueAsNumber, reached: shown.reached })}
        onChange={({ currentTarget }) => void go(currentTarget.valueAsNumber)}
        // A thumb that is let go where it was taken up is no change.
        onPointerUp={({ currentTarget }) => held && void go(currentTarget.valueAsNumber)}
      />
    </label>
  );
}
