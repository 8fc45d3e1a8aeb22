import { ModelError, ShapeError } from "../errors.ts";
import { Unfit } from "./unfit.ts";

/** How layers can fail to fit each other, the data and the loss, in words: what checks them is without. */
export const misfits = {
  /** @param index of the layer @param width of what comes before it */
  otherInputs: (index: number, inputs: number, width: number) =>
    new ShapeError({
      where: `model: layer ${index + 1}`,
      got: `${inputs} inputs`,
      expected: index === 0 ? `${width}, the columns of the data` : `${width}, the units of layer ${index}`,
      remedy: `set layer ${index + 1}'s inputs to ${width} or leave them out`,
    }),
  /** @param layers of the network @param decoder that its loss applies */
  activated: (layers: number, activation: string, loss: string, decoder: string) =>
    new ModelError({
      where: `model: layer ${layers}`,
      got: `activation "${activation}" before ${loss}`,
      expected: `"identity", since the loss takes logits and applies the ${decoder} itself`,
      remedy: "leave the last layer's activation out",
    }),
};

/** What was thrown, with its words where it is a misfit. */
export const misfitOf = (cause: unknown): unknown =>
  cause instanceof Unfit && Object.hasOwn(misfits, cause.fault)
    ? (misfits[cause.fault as keyof typeof misfits] as (...given: readonly unknown[]) => Error)(...cause.given)
    : cause;
