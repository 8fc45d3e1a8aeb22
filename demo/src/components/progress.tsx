import { duration, percent } from "../format.ts";

export interface ProgressProps {
  readonly label: string;
  /** From 0 to 1. */
  readonly share: number;
  /** Seconds spent so far, out of which the rest is estimated. */
  readonly seconds: number;
}

/** How far a piece of work is, and how long the rest takes at this pace. */
export function Progress({ label, share, seconds }: ProgressProps) {
  const remaining = share > 0 ? `${duration((seconds * (1 - share)) / share)} left` : "";
  return (
    <div class="progress">
      <div aria-hidden="true">
        <span>{label}</span>
        <span>{share < 1 ? remaining : `done in ${duration(seconds)}`}</span>
      </div>
      <progress aria-label={label} value={share} max={1}>
        {percent(share)}
      </progress>
    </div>
  );
}
