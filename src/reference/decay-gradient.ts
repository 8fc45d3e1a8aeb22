import type { Twin } from "./types.ts";

/** dW = gW + λ̃W. */
export const decayGradient: Twin<"decayGradient"> = ({ dims, bind }, { control, numbers }) => {
  const [g, w, d] = [numbers(bind.g), numbers(bind.w), numbers(bind.d)];
  for (let i = 0; i < dims.elements; i++) d[i] = (g[i] as number) + control.decay * (w[i] as number);
};
