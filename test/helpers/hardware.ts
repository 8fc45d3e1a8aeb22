import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import type { TrainerOptions } from "../../src/run/types.ts";
import { expectSameBits } from "./compare.ts";
import { posing, withoutFeatures } from "./disguise.ts";
import { tilesOf } from "./palette.ts";
import { hasSubgroups } from "./tiles.ts";
import { expectSameParameters, withTrainer } from "./training.ts";

/** One device as if it were several. */
export interface Poses {
  /** A GPU of 32 lanes, whose plans use no subgroups. */
  readonly known: Device;
  /** With subgroups too where the device has them, as device.test.ts says it must. */
  readonly others: readonly (readonly [name: string, device: Device])[];
}

export const posesOf = (device: Device): Poses => ({
  known: posing(device, 32),
  others: [
    ["4 lanes", posing(withoutFeatures(device), 4)],
    ...(hasSubgroups(device) ? [["4 lanes and subgroups", posing(device, 4)] as const] : []),
  ],
});

/** What a device makes of a training: its plan, the parameters after so many steps, and what they predict if that is asked for. */
export const train = (on: Device, options: TrainerOptions, steps: number, predict: boolean) =>
  withTrainer(on, options, async (trainer) => {
    await trainer.step(steps);
    const parameters = await trainer.parameters();
    const { outputs } = predict ? await trainer.predict(options.data.inputs) : { outputs: new Float32Array() };
    return { plan: trainer.plan, parameters, outputs };
  });

type Trained = Awaited<ReturnType<typeof train>>;

export function expectSameTraining(got: Trained, expected: Trained): void {
  expectSameParameters(got.parameters, expected.parameters);
  expectSameBits("outputs", got.outputs, expected.outputs);
}

/** Asserts that a training by other tiles gives the same bits. */
export async function expectSameOnAll(
  { known, others }: Poses,
  options: TrainerOptions,
  steps: number,
  predict: boolean,
): Promise<void> {
  const expected = await train(known, options, steps, predict);
  for (const [name, other] of others) {
    const got = await train(other, options, steps, predict);
    // With the same tiles nothing would be compared.
    expect([name, tilesOf(got.plan)]).not.toEqual([name, tilesOf(expected.plan)]);
    expectSameTraining(got, expected);
  }
}
