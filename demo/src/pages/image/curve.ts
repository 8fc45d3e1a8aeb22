import type { Curve } from "./contract.ts";

/** Points of a curve before every other one is left out. */
const MOST_POINTS = 400;

export const noCurve: Curve = { steps: [], main: [], plain: [] };

/** The curve with one point more; a second one of the same step takes the first one's place. */
export function extended({ steps, main, plain }: Curve, step: number, psnr: number, plainPsnr: number | null): Curve {
  const until = steps.at(-1) === step ? -1 : steps.length;
  const all = {
    steps: [...steps.slice(0, until), step],
    main: [...main.slice(0, until), psnr],
    plain: [...plain.slice(0, until), plainPsnr],
  };
  if (all.steps.length <= MOST_POINTS) return all;
  const keep = <T>(values: readonly T[]) => values.filter((_, i) => i % 2 === 0 || i === values.length - 1);
  return { steps: keep(all.steps), main: keep(all.main), plain: keep(all.plain) };
}
