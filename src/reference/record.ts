import { RECORD_WORDS, RING_RECORDS } from "../kernels/control.ts";
import type { Twin } from "./types.ts";

/** One line of the ring: L, s, hits, |B|, step, halted, η, epoch. The reference's ring holds numbers, not bits. */
export const record: Twin<"record"> = ({ variant, dims, bind }, { control, numbers }) => {
  const [losses, hits, ring] = [numbers(bind.losses), numbers(bind.hits), numbers(bind.ring)];
  let [loss, right, squares] = [0, 0, 0];
  for (let i = 0; i < control.rows; i++) {
    loss += losses[i] as number;
    right += hits[i] as number;
  }
  if (variant.penalty) {
    const parts = numbers(bind.squares);
    for (let i = 0; i < dims.parts; i++) squares += parts[i] as number;
  }
  const penalty = (control.decay / 2) * squares;
  if (!Number.isFinite(loss + penalty)) control.halted = 1;
  const { rows, step, halted, learningRate, epoch } = control;
  ring.set([loss, penalty, right, rows, step, halted, learningRate, epoch], ((step - 1) % RING_RECORDS) * RECORD_WORDS);
};
