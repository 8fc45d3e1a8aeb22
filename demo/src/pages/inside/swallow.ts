import type { Plan, Step } from "chainrule";

type Bind = Readonly<Record<string, string | undefined>>;

const bindOf = (step: Step): Bind => step.bind;

/**
 * Which dispatches of the fused plan do the work of each dispatch of the textbook plan: for each, their indices. The rows of the
 * batch, which the fused plan reads where they lie, have more than one.
 */
export function swallowedBy(textbook: Plan, fused: Plan): readonly (readonly number[])[] {
  const all = fused.steps.map((step, index) => ({
    kernel: step.kernel,
    bind: bindOf(step),
    index,
  }));
  const indices = (fits: (step: (typeof all)[number]) => boolean) => all.filter(fits).map(({ index }) => index);
  /** The forward dispatch of a layer by its weights. */
  const forward = (weights: string | undefined) =>
    indices(({ kernel, bind }) => (kernel === "layerForward" || kernel === "outputLoss") && bind.w === weights);
  const update = (parameter: string | undefined) =>
    indices(({ kernel, bind }) => kernel === "layerUpdate" && (bind.w === parameter || bind.bias === parameter));
  const back = (weights: string | undefined) =>
    indices(({ kernel, bind }) => kernel === "layerBackward" && bind.w === weights);
  const loss = indices(({ kernel }) => kernel === "outputLoss" || kernel === "loss");

  return textbook.steps.map((step): readonly number[] => {
    const bind = bindOf(step);
    switch (step.kernel) {
      case "advance":
      case "sample":
      case "record":
        return indices(({ kernel }) => kernel === "begin");
      case "gatherRows":
        return bind.data === "Y" ? loss : indices((one) => one.bind.x === "X");
      case "matmul":
        if (step.phase === "forward") return forward(bind.b);
        return step.variant.transposeA ? update(bind.c?.replace(/^g/, "")) : back(bind.b);
      case "activation":
        return forward(weightsBefore(bind.z));
      case "loss":
        return loss;
      case "penalty":
        return update(bind.w);
      case "gradientMultiply":
        return bind.dh === "do" ? loss : back(weightsAfter(bind.dh));
      case "sumRows":
        return update(bind.db?.replace(/^g/, ""));
      case "decayGradient":
        return update(bind.w);
      case "weightUpdate":
        return update(bind.parameter);
      default:
        return [];
    }
  });
}

/** z² comes of W². */
const weightsBefore = (z = ""): string => z.replace(/^z/, "W");

/** ∂J/∂h¹ comes of W². */
const weightsAfter = (dh = ""): string => `W${Number(dh.replace(/^dh/, "")) + 1}`;
