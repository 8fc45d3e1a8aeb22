import { type ControlValues, HALTED, RECORD_WORDS, RECORDED, SKIPPED } from "../kernels/control.ts";
import type { Numbers, Twin } from "./types.ts";

/** One line of the ring: L, s, hits, |B|, step, halted, η, epoch. The reference's ring holds numbers, not bits. */
export function recordStep(
  control: ControlValues,
  scores: Numbers,
  squares: Numbers | undefined,
  parts: number,
  ring: Numbers,
): void {
  if (control.step === 0 || control.rows === 0 || (control.halted & RECORDED) !== 0) return;
  let [loss, hits, square] = [0, 0, 0];
  for (let i = 0; i < control.rows; i++) {
    loss += scores[2 * i] as number;
    hits += scores[2 * i + 1] as number;
  }
  if (squares) for (let i = 0; i < parts; i++) square += squares[i] as number;
  const penalty = (control.decay / 2) * square;
  // Only f16 plans skip steps: the deltas are out of range even at a loss scale of 1.
  const lost = control.halted === SKIPPED && control.lossScale <= 1;
  if (!Number.isFinite(loss + penalty) || (control.halted & HALTED) !== 0 || lost) control.halted = HALTED;
  const { rows, step, halted, learningRate, epoch } = control;
  const line = [loss, penalty, hits, rows, step, halted, learningRate, epoch];
  ring.set(line, ((step - 1) * RECORD_WORDS) % ring.length);
  if ((halted & HALTED) !== 0) control.halted |= RECORDED;
}

/** Writes this step's line into the ring. */
export const record: Twin<"record"> = ({ variant, dims, bind }, { control, numbers }) => {
  const squares = variant.penalty ? numbers(bind.squares) : undefined;
  recordStep(control, numbers(bind.scores), squares, dims.parts, numbers(bind.ring));
};
